"""Reports for people and for other programs, all made from the same rows. README.md says what each is for."""

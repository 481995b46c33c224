"""The reference answers, which are not here: this copy of the kit is for a marked course."""

IS_HERE = False


class ReferenceMissing(LookupError):
    """There is no reference answer in this copy."""


def reference(name):
    """Raises `ReferenceMissing`, with a sentence that says who has the answer."""
    raise ReferenceMissing(
        f"in a marked course your instructor has our answer to {name}. hint({name}) helps you further, and check({name}) "
        "says on which input yours goes wrong."
    )


reference_source = reference

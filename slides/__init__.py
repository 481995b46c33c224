"""The talk that goes with the notebooks: `python -m slides` turns the texts in decks/ into HTML and PDF."""

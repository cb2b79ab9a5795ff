"""Tachograph's embeddable half: the nouns, the privacy wall and the client. Standard library only."""

__version__ = "0.1.0"
__all__ = ["__version__"]

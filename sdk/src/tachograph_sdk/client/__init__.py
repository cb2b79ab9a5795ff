"""What other programs embed."""

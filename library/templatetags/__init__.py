"""What templates of titles can use."""

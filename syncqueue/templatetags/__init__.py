"""What templates of the queue can use."""

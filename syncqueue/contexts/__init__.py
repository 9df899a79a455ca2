"""What the queue's templates show."""

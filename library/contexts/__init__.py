"""What the library's templates show."""

"""What changes what is said, in journey order: compose, media, submit, review, schedule, deliver, decide."""

"""The rows of the table `attendance`: which key holds what, and when it goes. PURE."""

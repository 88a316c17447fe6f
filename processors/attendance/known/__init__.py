"""What is known of one webinar or meeting beside what happens in it. PURE.

What Zoom was asked and has answered, its dates with the runs that belong to each, its registrants and recordings, and
whom a rule leaves out.
"""

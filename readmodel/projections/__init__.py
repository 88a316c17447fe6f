"""From records to changes of rows, a module for each kind of topic. PURE."""

"""The contracts: topics, wire models, codec and errors. PURE. The leaf of all packages: it imports none of ours."""

"""The contracts: topics, wire models, codec and errors. The leaf of all packages: it imports none of the others."""

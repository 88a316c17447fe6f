"""The console: pages over the read model, for people with a browser. A process of its own, `rollcall console`.

It reads the public topics into the read model and shows the tables: it holds no secret of Zoom or Brevo, and calls
neither. What operators do is done by the commands' own functions, which whoever starts the process hands over
(`console.acting`).
"""

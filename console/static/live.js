// Shows what has changed, without losing one's place: not while something of the page is in use.
"use strict";
const main = document.querySelector("main[data-live]");
if (main && window.EventSource) {
  let seen = main.dataset.live;
  const isInUse = () =>
    document.hidden || main.contains(document.activeElement) && document.activeElement !== main ||
    !getSelection().isCollapsed;
  new EventSource("/live").onmessage = async (event) => {
    if (seen === event.data || isInUse()) return;
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected || isInUse()) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("main");
    seen = found.dataset.live;
    main.replaceChildren(...found.childNodes);
  };
}

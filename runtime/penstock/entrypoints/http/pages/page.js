// Looks for news while the page waits: after 2 s, then ever more slowly, for some ten minutes.
"use strict";
(() => {
  const main = document.querySelector("main[data-state]");
  if (!main) return;
  const part = (name) => document.getElementById(name);
  let wait = 2000, spent = 0;
  const show = (news) => {
    const status = part("status");
    if (part("title").textContent !== news.title || part("text").textContent !== news.text) {
      // One change of the live region, so that it is read out once and whole.
      const fresh = status.cloneNode(true);
      fresh.querySelector("#title").textContent = news.title;
      fresh.querySelector("#text").textContent = news.text;
      fresh.querySelector("#because").textContent = news.because || "";
      fresh.querySelector("#more").textContent = news.more || "";
      status.replaceChildren(...fresh.childNodes);
    }
    main.dataset.tone = news.tone;
    document.title = news.title + main.dataset.brand;
    part("links").replaceChildren(...news.links.map((one) => {
      const link = document.createElement("a");
      link.href = one.href;
      link.textContent = one.text;
      if (one.first) link.className = "first";
      return link;
    }));
  };
  const later = () => {
    if (spent > 600000) {
      part("more").textContent = main.dataset.stopped;
      return;
    }
    setTimeout(look, wait);
    spent += wait;
    wait = Math.min(wait * 1.4, 30000);
  };
  const look = async () => {
    try {
      const answer = await fetch(main.dataset.state, { headers: { accept: "application/json" } });
      if (answer.status === 404) return location.reload();
      if (answer.ok) {
        const news = await answer.json();
        show(news);
        if (news.settled) return;
      }
    } catch (lost) {
      // No network just now: the next look finds out.
    }
    later();
  };
  later();
})();

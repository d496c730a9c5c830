// Sends the forms' requests to the stack that served the page. The token stays in its field, and
// whatever is answered is shown as text.
"use strict";
(() => {
  const base = new URL(".", location.href);
  const part = (id) => document.getElementById(id);
  const made = (name, text) => {
    const one = document.createElement(name);
    one.textContent = text;
    return one;
  };
  // Fields of a gateway that is not chosen are disabled, and not sent.
  const fields = (form, place) =>
    [...form.querySelectorAll(`[data-place="${place}"]`)].filter((one) => !one.matches(":disabled"));
  const choose = (select) => {
    for (const one of select.form.querySelectorAll("[data-gateway]")) {
      one.hidden = one.disabled = one.dataset.gateway !== select.value;
    }
  };

  // A path parameter stays one segment, whatever is typed: no address of another host comes of it.
  const address = (form) => {
    const values = new Map(fields(form, "path").map((one) => [one.name, one.value]));
    const path = form.dataset.path.replace(/\{([^}]+)\}/g, (_, name) => {
      const value = values.get(name);
      if (value === "." || value === "..") throw new Error(`${name} must not be ${value}`);
      return encodeURIComponent(value);
    });
    const found = new URL(`.${path}`, base);
    for (const one of fields(form, "query")) {
      if (one.value !== "") found.searchParams.append(one.name, one.value);
    }
    return found;
  };

  const request = (form) => {
    const headers = new Headers();
    const token = part("token").value.trim();
    if (token && !("public" in form.dataset)) headers.set("Authorization", `Bearer ${token}`);
    for (const one of fields(form, "header")) if (one.value) headers.set(one.name, one.value);
    const [body] = fields(form, "body");
    if (body) headers.set("Content-Type", "application/json");
    return {
      method: form.dataset.method, headers, body: body && body.value,
      credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    };
  };

  const pretty = (text) => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch (other) {
      return text;
    }
  };

  const block = (text, label) => {
    const one = made("pre", text);
    one.tabIndex = 0;
    one.setAttribute("role", "group");
    one.setAttribute("aria-label", label);
    return one;
  };

  const send = async (form, shown) => {
    const button = form.querySelector("button");
    button.disabled = true;
    shown.replaceChildren(made("p", "Sending …"));
    try {
      const answer = await fetch(address(form), request(form));
      const text = await answer.text();
      const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
      shown.replaceChildren(
        made("h4", `${answer.status} ${answer.statusText}`.trim()),
        block(headers, "Headers of the answer"),
        block(pretty(text), "Body of the answer"),
      );
    } catch (lost) {
      shown.replaceChildren(made("p", `No answer: ${lost.message}`));
    } finally {
      button.disabled = false;
    }
  };

  const copy = async (button) => {
    const source = part(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch (refused) {
      getSelection().selectAllChildren(source);
      button.textContent = "Selected: copy it";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 3000);
  };

  for (const one of document.querySelectorAll("[data-base]")) {
    one.textContent = base.href.replace(/\/$/, "");
  }
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target, event.target.parentElement.querySelector(".answer"));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("change", (event) => {
    const { fills, chooses } = event.target.dataset;
    if (chooses !== undefined) choose(event.target);
    if (fills) part(fills).value = part(event.target.value).textContent;
  });
  for (const one of document.querySelectorAll(".live")) one.hidden = false;
  // A browser may keep what was chosen before the page was loaded again.
  for (const one of document.querySelectorAll("[data-chooses]")) choose(one);
})();

// Advice while somebody types: a moment after a change the form is sent to the address in data-advice, and what comes
// back is put into its places. Without this script the same advice stands there after each saving.
const WAIT_MS = 700;

for (const asks of document.querySelectorAll("[data-advice]")) {
  const form = asks.closest("form");
  let timer = 0;
  let asked = 0;
  let underWay = new AbortController();

  const ask = async () => {
    const mine = ++asked;
    underWay = new AbortController();
    const signal = underWay.signal;
    const body = new FormData(form);
    // Files are large and no part of it.
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    let text = "";
    try {
      const answer = await fetch(asks.dataset.advice, { method: "POST", body, signal, headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      text = await answer.text();
    } catch {
      return;
    }
    if (mine !== asked) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const place of form.querySelectorAll("[data-advice-for]")) {
      const said = fresh.querySelector(`[data-advice-for="${place.dataset.adviceFor}"]`);
      // What did not change is not said again by screen readers.
      if (said && said.textContent.trim() !== place.textContent.trim()) place.replaceChildren(...said.childNodes);
    }
    offer();
  };

  const offer = () => {
    for (const button of form.querySelectorAll("button[data-set][hidden]")) button.hidden = false;
  };

  form.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });

  // What is handed in has no draft to advise on any more.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    underWay.abort();
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-set]");
    if (!button) return;
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.set))) {
      const field = form.elements.namedItem(name);
      if (!field) continue;
      if (field.type === "checkbox") field.checked = value === "yes";
      else field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  offer();
}

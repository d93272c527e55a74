// Saves the form by itself. What the server has not confirmed yet stays on this device, and is put back when the page is
// opened again. The server's version number is what keeps a second tab from overwriting the first.
const form = document.querySelector("form[data-autosave]");
const SENT = "wmd-draft-sent";
if (document.querySelector("[data-handed-in]")) {
  try {
    // It arrived: nothing of it stays on this device.
    localStorage.removeItem(sessionStorage.getItem(SENT) || "");
    sessionStorage.removeItem(SENT);
  } catch {
    // Nothing was kept, then.
  }
}
if (form) {
  const said = document.getElementById("saved");
  const pending = () => "wmd-draft-pending:" + location.pathname;
  let timer = 0, busy = false, again = false, stopped = false, wait = 2000;

  const say = (key, off = false) => {
    const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    said.textContent = form.dataset[key].replace("{time}", time);
    said.classList.toggle("is-off", off);
  };
  const skipped = new Set(["csrf_token", "form_token", "version", "edition", "shown", "more_about_you", "action"]);
  const typed = () => [...new FormData(form)].filter(([name, value]) => !skipped.has(name) && typeof value === "string");
  const store = (value) => {
    try {
      if (value) localStorage.setItem(pending(), value);
      else localStorage.removeItem(pending());
    } catch {
      // A browser that keeps nothing still has the form itself.
    }
  };
  const remember = () => store(JSON.stringify({ token: form.elements.form_token.value, version: form.elements.version.value, typed: typed() }));

  // Whether the server says that it has what was sent, or that somebody chose otherwise: then nothing is put back over
  // it. The word leaves the address, so that what is typed from here on survives a reload.
  const settled = () => {
    try {
      const sent = sessionStorage.getItem(SENT);
      const here = new URL(location.href);
      if (here.searchParams.has("saved")) {
        store("");
        localStorage.removeItem(sent || "");
        here.searchParams.delete("saved");
        history.replaceState(null, "", here);
        return true;
      }
      // The first save began a draft, which this is: the empty form must not be filled with it again.
      const kept = sent && sent !== pending() && JSON.parse(localStorage.getItem(sent) || "null");
      if (kept && kept.token === form.elements.form_token.value) localStorage.removeItem(sent);
    } catch {
      // A browser that keeps nothing has nothing to put back.
    }
    return false;
  };

  const putBack = () => {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(pending()) || "null");
    } catch {
      return;
    }
    if (!kept || !Array.isArray(kept.typed)) return;
    const values = new Map();
    for (const [name, value] of kept.typed) values.set(name, [...(values.get(name) || []), value]);
    let changed = false;
    for (const field of form.elements) {
      if (!field.name || skipped.has(field.name) || field.type === "hidden" || field.tagName === "BUTTON") continue;
      const found = values.get(field.name) || [];
      if (field.type === "checkbox" || field.type === "radio") {
        const wanted = found.includes(field.value);
        changed ||= field.checked !== wanted;
        field.checked = wanted;
      } else if (found.length && field.value !== found[0]) {
        field.value = found[0];
        changed = true;
      }
    }
    if (changed) {
      // Saved from elsewhere meanwhile: the older number makes the server show both versions.
      if (kept.version !== "0") form.elements.version.value = kept.version;
      said.textContent = form.dataset.restore;
      said.classList.add("is-off");
      later();
    } else store("");
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  };

  const save = async () => {
    if (stopped) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const sent = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: sent, headers: { Accept: "application/json" } });
      if (answer.status === 409) {
        stopped = true;
        say("conflict", true);
      } else if (answer.ok) {
        const told = await answer.json();
        form.elements.version.value = told.version;
        if (told.address) {
          // The first save began a draft: from now on this page is that draft.
          store("");
          history.replaceState(null, "", told.address);
          form.action = told.address;
          form.dataset.autosave = told.save;
        }
        wait = 2000;
        if (again) remember();
        else store("");
        say("saved");
      } else throw new Error(String(answer.status));
    } catch {
      wait = Math.min(wait * 2, 60000);
      say("unsaved", true);
      later();
    }
    busy = false;
    if (again) {
      again = false;
      later();
    }
  };

  form.addEventListener("input", () => {
    remember();
    if (!stopped) {
      wait = Math.min(wait, 2000);
      later();
    }
  });
  window.addEventListener("online", () => {
    wait = 2000;
    if (said.classList.contains("is-off")) later();
  });
  let leaving = false;
  form.addEventListener("submit", (event) => {
    if (leaving) {
      event.preventDefault(); // A second click while the first is on its way.
      return;
    }
    leaving = true;
    clearTimeout(timer);
    stopped = true;
    remember();
    try {
      sessionStorage.setItem(SENT, pending());
    } catch {
      // As above.
    }
    setTimeout(() => (leaving = false), 8000);
  });
  window.addEventListener("pageshow", () => (leaving = false));
  if (!settled()) putBack();
}

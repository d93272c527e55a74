// Reads the day-of desk anew each minute and puts it in place of the old one: scroll, focus and what is unfolded stay.
// Nothing is read while the page is hidden; when it comes back it is read at once.
const desk = document.getElementById("day");
const every = Number(desk?.dataset.everyS || 60) * 1000;
let readAt = Date.now();
let busy = false;

async function again() {
  if (busy) return;
  busy = true;
  try {
    const answer = await fetch(location.href.split("#")[0], { headers: { Accept: "text/html" }, cache: "no-store" });
    // The session is over, or a second factor is asked for: lead there.
    if (answer.redirected) return location.reload();
    const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh && fresh.getElementById("day");
    if (!next) throw new Error(String(answer.status));
    put(next);
  } catch {
    const said = desk.querySelector(".day-read span");
    if (said) said.textContent = desk.dataset.failed;
  } finally {
    busy = false;
    readAt = Date.now();
  }
}

function put(next) {
  const open = [...desk.querySelectorAll("details[open]")].map((each) => each.id);
  const held = document.activeElement;
  const inside = desk.contains(held) && held !== desk;
  const row = inside && held.closest("[id^='s-']")?.id;
  const place = row ? [...document.getElementById(row).querySelectorAll("a, button")].indexOf(held) : -1;
  const mark = inside && held.id;
  // Whoever is about to press something keeps it under the finger: a row that stays, stays where it is.
  const seen = [...desk.querySelectorAll(".day-row")].find((each) => each.getBoundingClientRect().bottom > 0);
  const top = seen?.getBoundingClientRect().top;
  desk.replaceChildren(...next.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const now = seen && document.getElementById(seen.id);
  if (now) scrollBy(0, now.getBoundingClientRect().top - top);
  const again = row ? document.getElementById(row)?.querySelectorAll("a, button")[place] : mark && document.getElementById(mark);
  again?.focus({ preventScroll: true });
}

if (desk) {
  setInterval(() => document.hidden || again(), every);
  document.addEventListener("visibilitychange", () => document.hidden || Date.now() - readAt < every || again());
}

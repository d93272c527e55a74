// Adds "in two hours" and "on now, ends in 20 minutes" beside absolute times, and moves the line of the band.
// Nothing here is announced: the absolute time in the page is what counts.
const MINUTE = 60_000;
const { onNow, endsWord, endedWord } = document.body.dataset;
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });

function distance(ms) {
  const minutes = Math.max(1, Math.round(ms / MINUTE));
  if (minutes < 90) return words.format(minutes, "minute");
  if (minutes < 36 * 60) return words.format(Math.round(minutes / 60), "hour");
  return words.format(Math.round(minutes / 1440), "day");
}

function ago(ms) {
  const minutes = Math.max(1, Math.round(ms / MINUTE));
  if (minutes < 90) return words.format(-minutes, "minute");
  if (minutes < 36 * 60) return words.format(-Math.round(minutes / 60), "hour");
  return words.format(-Math.round(minutes / 1440), "day");
}

function text(data, now) {
  const starts = Date.parse(data.starts);
  const ends = Date.parse(data.ends);
  if (now < starts) return starts - now <= (data.withinH ?? 24) * 60 * MINUTE ? distance(starts - now) : "";
  return now < ends ? ("live" in data ? endsWord : onNow).replace("{when}", distance(ends - now)) : "";
}

function refresh() {
  const now = Date.now();
  for (const part of document.querySelectorAll(".ago")) {
    const fresh = `· ${ago(now - Date.parse(part.dataset.at))}`;
    if (part.textContent !== fresh) part.textContent = fresh;
  }
  for (const part of document.querySelectorAll(".relative")) {
    const fresh = text(part.dataset, now);
    if (part.textContent !== fresh) part.textContent = fresh;
    // A page left open must not go on saying "on now".
    const live = part.parentElement.querySelector(".state.live");
    if (live && now >= Date.parse(part.dataset.ends)) {
      live.textContent = endedWord;
      live.classList.remove("live");
      live.closest(".is-live")?.classList.remove("is-live");
    }
  }
  for (const sky of document.querySelectorAll(".sky[data-day-starts]")) {
    const minute = (now - Date.parse(sky.dataset.dayStarts)) / MINUTE;
    const line = sky.querySelector(".now");
    if (line && minute >= 0 && minute <= 1440) line.setAttribute("x", `${(minute / 14.4).toFixed(2)}%`);
  }
}

refresh();
setInterval(() => document.hidden || refresh(), MINUTE);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

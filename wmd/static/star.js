// Marks events as favourites. Their codes stay in this browser; without this only the stars are missing.
const { starName, starAdd, starDrop } = document.body.dataset;
const KEY = "wmd_favourites";

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)).filter((code) => /^[0-9A-Z]{6}$/.test(code));
  } catch {
    return []; // Nothing yet, nothing of ours, or a browser that keeps nothing.
  }
};

const show = (button, on) => {
  button.setAttribute("aria-pressed", on);
  button.title = on ? starDrop : starAdd;
};

const toggle = (code, on) => {
  const others = read().filter((each) => each !== code);
  try {
    localStorage.setItem(KEY, JSON.stringify((on ? [...others, code] : others).slice(-200)));
  } catch {
    return;
  }
  for (const each of document.querySelectorAll(`[data-of="${code}"]`)) show(each, on);
};

const kept = read();
if (kept.length && document.querySelector("[data-favourites='']") && !location.search)
  location.replace(`?${kept.map((code) => `code=${code}`).join("&")}`);

for (const place of document.querySelectorAll("[data-code]")) {
  const { code, title } = place.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "star";
  button.dataset.of = code;
  button.setAttribute("aria-label", `${starName}: ${title ?? place.querySelector(".title").textContent.trim()}`);
  show(button, kept.includes(code));
  button.addEventListener("click", () => toggle(code, button.getAttribute("aria-pressed") !== "true"));
  (place.querySelector(".states") ?? place).append(button);
}

// Keys for the desk: each goes to, or presses, what the page marks with data-key. Without it everything works the same.
const OFF = "wmd_desk_keys_off";
const known = "jkcaqn";

const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const isOff = () => { try { return localStorage.getItem(OFF) === "yes"; } catch { return false; } };

function reveal(element) {
  for (let box = element.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
}

function press(key) {
  if (key === "r") {
    const reasons = document.getElementById("reasons");
    if (!reasons) return false;
    reasons.open = true;
    reasons.querySelector("input, textarea").focus();
    return true;
  }
  if (key === "?") {
    const keys = document.querySelector(".keys");
    if (!keys) return false;
    reveal(keys);
    keys.scrollIntoView({ block: "nearest" });
    return true;
  }
  const target = known.includes(key) && (document.querySelector(`[data-key="${key}"]`) ?? firstOfQueue(key));
  if (!target) return false;
  reveal(target);
  if (target.matches("a") || key === "c") target.click();
  else target.focus();
  return true;
}

const firstOfQueue = (key) => (key === "j" && !document.querySelector(".queue [aria-current]") ? document.querySelector(".queue a") : null);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOff() || isTyping(event.target)) return;
  if (press(event.key)) event.preventDefault();
});

for (const place of document.querySelectorAll("[data-keys-switch]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  const say = () => { button.textContent = isOff() ? place.dataset.on : place.dataset.off; };
  button.addEventListener("click", () => {
    try { isOff() ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"); } catch { /* not kept, then */ }
    say();
  });
  say();
  place.append(button);
}

// After a decision or a fault the eyes are on the thing itself.
const told = document.getElementById("summary") ?? document.querySelector("[role=status]");
if (told) told.scrollIntoView({ block: "nearest" });

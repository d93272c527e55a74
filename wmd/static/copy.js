// Shows a button that copies a calendar address, where the browser lets a page do so.
if (navigator.clipboard) {
  const spoken = document.createElement("p");
  spoken.className = "vh";
  spoken.setAttribute("role", "status");
  document.body.append(spoken);

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        return; // The address stands beside the button, to be marked by hand.
      }
      button.textContent = spoken.textContent = button.dataset.done;
      setTimeout(() => {
        button.textContent = label;
        spoken.textContent = "";
      }, 2500);
    });
  }
}

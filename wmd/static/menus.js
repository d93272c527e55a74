// Closes an open menu on Escape and when the reader goes elsewhere. Menus are <details>: they open without this.
const close = (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) {
      if (event.type === "keydown" && menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  }
};
for (const type of ["click", "focusin", "keydown"]) document.addEventListener(type, close);

// After a refused form the focus goes to what is wrong: a list that leads to each field, or a sentence. Without a script
// it stands first after the heading, and the title of the page says that there is an error.
document.querySelector(".summary[tabindex], .refused[tabindex]")?.focus();

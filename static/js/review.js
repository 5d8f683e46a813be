/* Words selected on the review page go into the first empty quote. Without this they are copied by hand. */
"use strict";

(() => {
  const quotes = [...document.querySelectorAll('input[name^="quote-"]')];
  const page = document.querySelector("main");
  if (!quotes.length || !page) return;

  const take = () => {
    const chosen = document.getSelection();
    const words = chosen ? chosen.toString().replace(/\s+/g, " ").trim() : "";
    if (!words || words.length > 500 || !page.contains(chosen.anchorNode)) return;
    if (chosen.anchorNode.parentElement.closest("form")) return;
    const free = quotes.find((quote) => !quote.value || words.includes(quote.value));
    if (free) free.value = words;
  };

  document.addEventListener("pointerup", () => setTimeout(take));
  document.addEventListener("keyup", (event) => event.shiftKey && take());
})();

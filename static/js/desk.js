/* Small comforts of the desk: keys on the review page, "not saved yet", focus on errors, words for a failed request.
   Every page works without this file. No inline handlers anywhere: the policy is script-src 'self'. */
(() => {
  "use strict";

  const typing = (element) => element.closest("input, select, textarea, [contenteditable='true']") !== null;

  /* Keys: an element with data-key="a" is pressed by that key, unless somebody is typing. Shown as text beside it. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    const key = event.key.toLowerCase();
    const button = [...document.querySelectorAll("[data-key]")].find(
      (element) => element.dataset.key === key && element.getClientRects().length > 0,
    );
    if (!button) return;
    event.preventDefault();
    button.focus(); // never pressed at once: Enter confirms, so that a stray key decides nothing
  });

  /* Unsaved words: a form with data-unsaved asks before it is left. Its status line is #saved. */
  let unsaved = false;
  const status = () => document.getElementById("saved");

  const markUnsaved = () => {
    unsaved = true;
    const line = status();
    if (!line) return;
    line.classList.add("saved--unsaved");
    line.textContent = "Not saved yet";
  };

  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-unsaved]") || event.target.form?.matches("[data-unsaved]")) markUnsaved();
  });
  document.addEventListener("submit", () => {
    unsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  /* An autosave answered well when it brought a new #saved line or said so in a header (HX-Trigger: saved). */
  document.addEventListener("saved", () => {
    unsaved = false;
    status()?.classList.remove("saved--unsaved");
  });

  /* A request that failed says so in words, at the top, and keeps the page as it is. */
  const say = (words) => {
    let box = document.getElementById("request-failed");
    if (!box) {
      box = document.createElement("div");
      box.id = "request-failed";
      box.className = "flash flash--error";
      box.setAttribute("role", "alert");
      document.querySelector(".desk__content")?.prepend(box);
    }
    box.textContent = words;
  };
  const reasons = {
    401: "You are signed out. Open the desk in a second window, sign in, and come back: your words are still here.",
    403: "You may not do this here, or you were signed out in between. Your words are still on the page.",
    404: "This is not here any more. Reload the page.",
  };
  document.addEventListener("htmx:response:error", (event) => {
    const code = event.detail.ctx.response.status;
    if (code < 500 && !reasons[code]) return; // a 4xx answer with a fragment says it itself
    say(reasons[code] || "The server could not answer. Nothing is lost on this page; try again in a minute.");
  });
  document.addEventListener("htmx:error", () => {
    say("No connection to the server. Nothing is lost on this page; it is saved when the line is back and you type.");
  });

  /* A filter that changes applies itself; without JavaScript its button does. */
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-apply]");
    if (form) form.requestSubmit();
  });
  document.querySelectorAll("form[data-apply] [data-apply-button]").forEach((button) => {
    button.hidden = true;
  });

  document.querySelector(".error-summary")?.focus();
})();

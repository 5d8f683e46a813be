/* Small comforts of the composer. Without this file the page saves, counts and previews all the same. */
(() => {
  "use strict";

  const form = document.getElementById("compose");
  if (!form) return;
  const text = document.getElementById("id_text");

  /* "Own words" starts from the words everybody gets, as they are typed now. */
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.name?.startsWith("own-") || !box.checked) return;
    const field = form.querySelector(`[name="words-${box.name.slice(4)}"]`);
    if (field && field.value === field.defaultValue) {
      field.value = text.value;
      field.defaultValue = text.value;
    }
    field?.focus();
  });

  /* A picked file waits for its button: Enter or "Save draft" would lose it, so the button is where focus goes. */
  form.addEventListener("change", (event) => {
    if (event.target.id === "id_file" && event.target.files.length) form.querySelector("[name=upload]").focus();
  });

  /* A press of a button waits for an autosave under way, so that nobody is told they overtook themselves. */
  let saving = 0;
  let waiting = null;
  const isAutosave = (event) => event.target.id === "autosave" || event.detail?.ctx?.sourceElement?.id === "autosave";
  let leaving = false;
  document.addEventListener("htmx:before:request", (event) => {
    if (!isAutosave(event)) return;
    if (leaving) event.preventDefault();
    else saving += 1;
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  const ended = (event) => {
    if (!isAutosave(event) || saving === 0) return;
    saving -= 1;
    if (saving > 0 || !waiting) return;
    const button = waiting;
    waiting = null;
    form.requestSubmit(button);
  };
  document.addEventListener("htmx:finally:request", ended);

  form.addEventListener("submit", (event) => {
    leaving = true;
    if (saving === 0) return;
    event.preventDefault();
    event.stopPropagation();
    waiting = event.submitter;
  });
})();

// @ts-check
// What a buyer has typed, kept in this tab while they sign in again. Only the same account gets it back, once.

/** @param {HTMLFormElement} form with `data-account`, the account that the page was made for */
export function keepValues(form) {
  const { account = "" } = form.dataset;
  const values = inputs(form)
    .filter((input) => input.type !== "radio" || input.checked)
    .map(({ name, value }) => [name, value]);
  store((storage) => storage.setItem(key(), JSON.stringify({ account, values: Object.fromEntries(values) })));
}

/**
 * Fill in what was kept for this page.
 *
 * @param {HTMLFormElement} form
 */
export function restoreValues(form) {
  const kept = store((storage) => {
    const text = storage.getItem(key());
    storage.removeItem(key());
    return JSON.parse(text ?? "null");
  });
  if (kept?.account !== form.dataset.account) return;
  for (const input of inputs(form)) {
    if (input.type !== "radio") input.value = kept.values[input.name] ?? input.value;
    else if (input.value === kept.values[input.name]) input.checked = true;
  }
}

/** @param {HTMLFormElement} form */
function inputs(form) {
  return /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input:not([type=hidden])")]);
}

function key() {
  return `typed ${window.location.pathname}`;
}

/**
 * Use the tab's storage; a browser may forbid it.
 *
 * @param {(storage: Storage) => any} use
 */
function store(use) {
  try {
    return use(window.sessionStorage);
  } catch {
    return null;
  }
}

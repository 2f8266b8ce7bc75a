// What pages gain when the browser runs scripts. Everything works without: links lead to pages,
// forms post, lists page. No inline handlers: elements say what they want by data attributes.
"use strict";

const metaContent = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

// htmx: prove that the request comes from our page.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") {
    event.detail.headers["X-CSRFToken"] = metaContent("csrf-token");
  }
});

// Toasts: one sentence that stays until it is put away or the next one comes.
function showToast(message, kind) {
  const line = document.createElement("p");
  line.className = kind === "problem" ? "toast-line toast-problem" : "toast-line";
  const words = document.createElement("span");
  words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "知道了";
  close.addEventListener("click", () => line.remove());
  line.append(words, close);
  document.getElementById("toasts").replaceChildren(line);
}

document.addEventListener("toast", (event) => showToast(event.detail.message, event.detail.kind));

const REFUSALS = {
  400: "没有完成：页面可能已过期。请刷新页面后重试。",
  401: "没有完成：您已退出登录。请刷新页面后重新登录。",
  404: "没有完成：记录不存在，或不在您的权限范围内。",
  413: "没有完成：内容超过了允许的大小。",
  503: "没有完成：系统正忙。请稍候重试。",
};
document.addEventListener("htmx:responseError", (event) => {
  const known = REFUSALS[event.detail.xhr.status];
  showToast(known ?? "没有完成：系统出现故障，已自动记录。请稍后重试。", "problem");
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    showToast("没有完成：服务器没有应答。请检查网络后重试。", "problem");
  });
}

// The session ended while somebody was typing: they sign in again in a dialog over the page, which
// stays as it is, and what could not be saved is sent once more. `signInAgain` is for scripts that
// send by themselves; it resolves once the same person is signed in.
const waitingForSignIn = [];
function signInAgain() {
  return new Promise((resolve) => {
    waitingForSignIn.push(resolve);
    const dialog = document.getElementById("sign-in-again");
    if (dialog) {
      if (!dialog.open) dialog.showModal();
    } else if (waitingForSignIn.length === 1) {
      htmx.ajax("GET", "/sign-in", { source: "#toasts", target: "body", swap: "beforeend" });
    }
  });
}
document.addEventListener("htmx:afterSettle", () => {
  const dialog = document.getElementById("sign-in-again");
  if (!dialog || dialog.dataset.shown) return;
  dialog.dataset.shown = "yes";
  dialog.showModal();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  if (xhr.status !== 401 || xhr.getResponseHeader("HX-Reswap") !== "none") return;
  signInAgain().then(() => {
    if (elt.isConnected) htmx.ajax(requestConfig.verb, requestConfig.path, { source: elt });
  });
});
document.addEventListener("signed-in", (event) => {
  const { person, token } = event.detail;
  if (String(person) !== metaContent("person")) {
    showToast("这一页是另一个账号打开的，填写的内容没有保存。请退出后用原来的账号登录。", "problem");
    return;
  }
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
  for (const goOn of waitingForSignIn.splice(0)) goOn();
});

// “/” goes to the search of the whole register.
document.addEventListener("keydown", (event) => {
  const search = document.getElementById("global-search");
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || !search || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// A link that opens a dialog of this page instead of the page it leads to.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (!dialog?.showModal || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog.showModal();
});

// A form goes off once; a button that waits longer than 0.3 s says so. Freed after ten seconds,
// because the answer may be a download that leaves the page standing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter;
  const words = button ? [...button.childNodes] : [];
  const telling = setTimeout(() => {
    if (!button?.dataset.busy) return;
    button.classList.add("is-busy");
    button.textContent = button.dataset.busy;
  }, 300);
  const free = () => {
    clearTimeout(telling);
    delete form.dataset.sent;
    if (button) {
      button.classList.remove("is-busy");
      button.replaceChildren(...words);
    }
  };
  const freeing = setTimeout(free, 10000);
  addEventListener("pageshow", () => { clearTimeout(freeing); free(); }, { once: true });
});

// Rows that are saved as they are filled in (data-autosave): what is typed and not saved yet is
// marked, and the browser asks before it is left behind.
document.addEventListener("input", (event) => {
  const row = event.target.closest("[data-autosave]");
  if (row) row.dataset.dirty = performance.now();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.target.closest("[data-autosave]");
  if (row) row.dataset.sentAt = performance.now();
});
document.addEventListener("htmx:afterRequest", (event) => {
  const row = event.target.closest?.("[data-autosave]");
  if (row && event.detail.xhr.status < 400 && Number(row.dataset.dirty) <= Number(row.dataset.sentAt)) {
    delete row.dataset.dirty;
  }
});
function forgetUnsaved(event) {
  if (event?.target.closest("dialog")) return; // signing in again leaves nothing behind
  for (const row of document.querySelectorAll("[data-dirty]")) delete row.dataset.dirty;
}
document.addEventListener("submit", forgetUnsaved);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-give-up]")) forgetUnsaved();
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector("[data-dirty]")) event.preventDefault();
});

// Batch work: the bar counts the rows that are picked and is there only while there are some.
function countPicks(form) {
  const bar = form?.querySelector("[data-selection-bar]");
  if (!bar) return;
  const picks = form.querySelectorAll("[data-pick]");
  const picked = form.querySelectorAll("[data-pick]:checked").length;
  const words = bar.querySelector("[data-selection-words]");
  words.textContent = `已选 ${picked} ${words.dataset.unit}${words.dataset.noun}`;
  bar.classList.toggle("is-idle", picked === 0);
  const all = form.querySelector("[data-pick-all]");
  if (all) {
    all.checked = picked > 0 && picked === picks.length;
    all.indeterminate = picked > 0 && picked < picks.length;
  }
}
document.addEventListener("change", (event) => {
  const form = event.target.closest("form");
  if (event.target.matches("[data-pick-all]")) {
    for (const box of form.querySelectorAll("[data-pick]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-pick], [data-pick-all]")) countPicks(form);
});
function countAllPicks() {
  for (const bar of document.querySelectorAll("[data-selection-bar]")) countPicks(bar.closest("form"));
}
document.addEventListener("htmx:afterSettle", countAllPicks);
addEventListener("pageshow", countAllPicks);

// A chosen file that the server would refuse for its size is refused before it travels.
document.addEventListener("change", (event) => {
  const limit = Number(event.target.dataset?.limit);
  if (!limit || event.target.type !== "file") return;
  const fault = event.target.closest(".field").querySelector(".field-error");
  const size = event.target.files[0]?.size ?? 0;
  const megabytes = (bytes) => Math.ceil(bytes / 1048576);
  fault.hidden = size <= limit;
  fault.textContent = fault.hidden
    ? ""
    : `文件有 ${megabytes(size)} MB，超过 ${megabytes(limit)} MB 的上限。请删去图片等无关内容，或拆成几个文件上传。`;
  event.target.form.querySelector("[type=submit]").disabled = !fault.hidden;
});

// How much of a file is on its way.
document.addEventListener("htmx:xhr:progress", (event) => {
  const line = event.target.querySelector?.("[data-upload-progress]");
  if (!line || !event.detail.lengthComputable) return;
  const percent = Math.floor((100 * event.detail.loaded) / event.detail.total);
  line.hidden = false;
  line.querySelector("progress").value = percent;
  line.querySelector("[role=status]").textContent =
    percent < 100 ? `正在上传，已传 ${percent}%` : "已上传，正在检查文件…";
});
document.addEventListener("htmx:afterRequest", (event) => {
  const line = event.target.querySelector?.("[data-upload-progress]");
  if (line) line.hidden = true;
});

// A code is copied without the spaces and line ends around it.
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  const start = selection.anchorNode?.parentElement?.closest(".code");
  const end = selection.focusNode?.parentElement?.closest(".code");
  if (!start || start !== end) return;
  event.clipboardData.setData("text/plain", selection.toString().replace(/\s+/g, ""));
  event.preventDefault();
});

// After a refused form the faults come first.
const focusFaults = (part) => part.querySelector("[data-error-summary]")?.focus();
focusFaults(document);
document.addEventListener("htmx:afterSettle", (event) => focusFaults(event.target));

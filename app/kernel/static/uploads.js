// Files sent in parts: chosen, dragged or photographed, one after another. Where the line breaks,
// sending goes on from what the server has. Without this script the same forms send files whole.
"use strict";
(() => {
  const PART = 4 * 1024 * 1024;
  const MOST_HASHED = 128 * 1024 * 1024; // read whole by the browser to compute its SHA-256
  const WAITS = [1, 2, 4, 8, 15, 30, 30, 30, 60, 60]; // seconds until the next try
  const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  document.documentElement.classList.add("has-script");

  class Refused extends Error {}
  class Paused extends Error {}
  class SignedOut extends Error {}
  let sending = 0;

  // --- Asking the server ---------------------------------------------------------------------

  async function answerOf(response) {
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    if (isJson) return response.json();
    if (response.status === 401) throw new SignedOut();
    if (response.redirected || [400, 403].includes(response.status)) {
      throw new Refused("登录已结束或页面已过期。请刷新页面，登录后重新选择同一文件，会从中断处继续。");
    }
    if (response.status === 404) throw new Refused("申报或文件已不存在。请刷新页面后重新选择。");
    if (response.status === 413) throw new Refused("内容超过了允许的大小。请压缩后重新选择。");
    throw new Error(`answered ${response.status}`); // busy or broken: tried again
  }

  async function post(url, body) {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
      credentials: "same-origin",
    });
    return answerOf(response);
  }

  // A part by XMLHttpRequest, which tells how much of it is on its way.
  function postPart(item, blob, at) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      item.request = request;
      request.open("POST", `${item.url}/${item.token}?at=${at}`);
      request.setRequestHeader("X-CSRFToken", token());
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("Accept", "application/json"); // so a full disk is told in words
      request.timeout = 120000;
      request.upload.onprogress = (event) => item.show(at + event.loaded);
      request.onload = () => {
        const response = new Response(request.responseText, {
          status: request.status || 500,
          headers: { "Content-Type": request.getResponseHeader("Content-Type") ?? "" },
        });
        answerOf(response).then(resolve, reject);
      };
      request.onerror = request.ontimeout = () => reject(new Error("line broken"));
      request.onabort = () => reject(new Paused());
      request.send(blob);
    });
  }

  async function digestOf(file) {
    if (!crypto.subtle || file.size > MOST_HASHED) return "";
    const bytes = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return [...new Uint8Array(bytes)].map((it) => it.toString(16).padStart(2, "0")).join("");
  }

  // --- One file --------------------------------------------------------------------------------

  class Sending {
    constructor(form, file) {
      this.form = form;
      this.file = file;
      this.url = form.dataset.sending;
      this.line = document.createElement("li");
      this.line.className = "sending";
      const name = document.createElement("span");
      name.className = "sending-name";
      name.textContent = file.name;
      this.bar = document.createElement("progress");
      this.bar.max = Math.max(1, file.size);
      this.bar.value = 0;
      this.words = document.createElement("p");
      this.words.className = "sending-words";
      this.words.textContent = "等待发送";
      this.stop = this.button("取消", () => this.giveUp());
      this.again = this.button("继续", () => queue(this));
      this.again.hidden = true;
      this.line.append(name, this.bar, this.again, this.stop, this.words);
      form.querySelector("[data-sendings]").append(this.line);
    }

    button(words, act) {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "btn btn-secondary";
      made.textContent = words;
      made.setAttribute("aria-label", `${words}：${this.file.name}`);
      made.addEventListener("click", act);
      return made;
    }

    show(arrived) {
      this.bar.value = arrived;
      const percent = Math.min(99, Math.floor((100 * arrived) / Math.max(1, this.file.size)));
      this.words.textContent = `正在发送，已传 ${percent}%`;
    }

    end(kind, words) {
      this.line.classList.add(kind);
      this.words.textContent = words;
      this.bar.hidden = this.stop.hidden = this.again.hidden = true;
      if (kind === "is-refused") this.line.append(this.button("知道了", () => this.line.remove()));
    }

    async giveUp() {
      this.isGivenUp = true;
      this.request?.abort();
      if (this.token) await post(`${this.url}/${this.token}/drop`, new FormData()).catch(() => {});
      this.line.remove();
    }

    async begin() {
      const said = new FormData();
      for (const name of ["place", "row", "kind", "from", "until", "note", "replaces"]) {
        const field = this.form.elements[name];
        if (field?.value) said.set(name, field.value);
      }
      said.set("name", this.file.name);
      said.set("size", this.file.size);
      said.set("mark", `${this.file.lastModified}`);
      this.digest ??= await digestOf(this.file);
      said.set("digest", this.digest);
      const answer = await post(this.url, said);
      this.token = answer.token;
      return answer;
    }

    async go() {
      this.words.textContent = "正在准备";
      let answer = await this.begin();
      while (!answer.refused && !answer.told && answer.arrived < this.file.size) {
        const at = answer.arrived;
        this.show(at);
        answer = await postPart(this, this.file.slice(at, at + PART), at);
        this.tries = 0;
      }
      if (!answer.refused && answer.told === undefined) {
        this.bar.value = this.file.size;
        this.words.textContent = "已传完，正在检查文件…";
        answer = await post(`${this.url}/${this.token}/whole`, new FormData());
        if (answer.arrived !== undefined) throw new Error("damaged on its way");
      }
      if (answer.refused) throw new Refused(answer.refused);
      this.end("is-done", answer.told || "已添加");
      this.isDone = true;
      if (!answer.told) setTimeout(() => this.line.remove(), 4000); // the list shows it
    }

    async run() {
      this.tries = 0;
      this.again.hidden = true;
      while (!this.isGivenUp) {
        try {
          await this.go();
          return;
        } catch (fault) {
          if (this.isGivenUp || fault instanceof Paused) return;
          if (fault instanceof Refused) {
            this.end("is-refused", fault.message);
            return;
          }
          if (fault instanceof SignedOut) {
            this.words.textContent = "登录已结束，重新登录后从中断处继续";
            await signInAgain();
            continue;
          }
          if (this.tries >= WAITS.length) {
            this.words.textContent = "连接一直没有恢复，已暂停。请检查网络后点“继续”，会从中断处接着传。";
            this.again.hidden = false;
            return;
          }
          await this.rest(WAITS[this.tries]);
          this.tries += 1;
        }
      }
    }

    // Wait, or until the browser says that the line is back.
    rest(seconds) {
      this.words.textContent = `连接中断，${seconds} 秒后从中断处继续`;
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
      });
    }
  }

  // --- One after another -----------------------------------------------------------------------

  let last = Promise.resolve();
  function queue(item) {
    sending += 1;
    last = last.then(() => item.run()).catch(() => {}).then(() => {
      sending -= 1;
      if (!item.isDone) return;
      const list = document.getElementById(item.form.dataset.refresh ?? "");
      if (list) htmx.trigger(list, "refresh");
      if (item.form.dataset.leave) location.assign(item.form.dataset.leave);
    });
  }

  function take(form, files) {
    const isOne = Boolean(form.elements.replaces);
    for (const file of [...files].slice(0, isOne ? 1 : undefined)) queue(new Sending(form, file));
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-sending]");
    if (!form || event.target.type !== "file") return;
    take(form, event.target.files);
    event.target.value = "";
  });

  // What was chosen is on its way already; the button is for browsers without script.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-sending]")) return;
    event.preventDefault();
    event.target.querySelector("input[type=file]").click();
  }, true);

  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const zone = event.target.closest?.("[data-drop-zone]");
      const form = zone?.querySelector("form[data-sending]");
      if (!form || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.toggle("is-dropping", name === "dragover");
      if (name !== "drop") return;
      form.closest("details")?.setAttribute("open", "");
      take(form, event.dataTransfer.files);
    });
  }

  // A file let go beside the field: the browser would leave the page to show it.
  for (const name of ["dragover", "drop"]) {
    addEventListener(name, (event) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
      if (event.target.matches?.("input[type=file]") || !document.querySelector("form[data-sending]")) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "none";
    });
  }

  addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
})();

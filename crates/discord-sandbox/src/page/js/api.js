// Calls the sandbox's HTTP API and shows errors.

export async function call(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  return answerOf(await fetch("/sandbox/" + path, options));
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

// Uploads a file of a member; returns the value of a command's file option.
export async function upload(file, as) {
  const form = new FormData();
  form.append("as", as);
  form.append("file", file);
  const answer = await answerOf(await fetch("/sandbox/upload", { method: "POST", body: form }));
  return answer.attachment;
}

let timer;

export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { box.hidden = true; }, 6000);
}

// Runs an action and shows its error. Returns its result, or undefined after an error.
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

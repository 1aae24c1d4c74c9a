// The few sentences that scripts say, translated by the server ({% script_words %}).
const given = JSON.parse(document.getElementById("script-words")?.textContent || "{}");

export const say = (key, value = "") => (given[key] ?? key).replace("%s", value);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers in words, and elements. Text reaches the page as text only, never as markup. */

function three(value) {
	return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const timeUnits = [[1e9, "s"], [1e6, "ms"], [1e3, "us"]];

function timeText(ns) {
	if (ns === null || ns === undefined)
		return "?";
	for (const [size, unit] of timeUnits)
		if (ns >= size * 0.9995)
			return three(ns / size) + " " + unit;
	return Math.round(ns) + " ns";
}

function countText(count) {
	return count === null || count === undefined ? "?" : count.toLocaleString("en-US");
}

/* What is there is not rounded to nothing, nor what is missing to all. */
function shareText(part, whole) {
	const percent = whole ? 100 * part / whole : 0;
	if (part > 0 && percent < 0.1)
		return "<0.1%";
	if (part < whole && percent > 99.5)
		return ">99%";
	if (!part)
		return "0%";
	return (percent < 10 ? percent.toFixed(1) : percent.toFixed(0)) + "%";
}

function bytesText(bytes) {
	const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
	let unit = 0;
	for (; bytes >= 1024 && unit < units.length - 1; unit++)
		bytes /= 1024;
	return (unit ? three(bytes) : bytes) + " " + units[unit];
}

function plural(count, one, many) {
	return countText(count) + " " + (count === 1 ? one : many || one + "s");
}

/* make("td", {class: "n", text: "3"}, child, ...): an element. */
function make(name, attributes, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {})) {
		if (key === "text")
			element.textContent = value;
		else if (key === "on")
			element.addEventListener("click", value);
		else if (value !== null && value !== undefined && value !== false)
			element.setAttribute(key, value === true ? "" : value);
	}
	element.append(...children);
	return element;
}

function byId(id) {
	return document.getElementById(id);
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Opens a page in Chromium without a window, by the DevTools protocol over a pipe, and says what it
// did as JSON: {errors: [text], requests: [address], result}.
//
//   open_page.js CHROMIUM FILE EXPRESSION [WIDTH [HEIGHT [light|dark [PICTURE.png]]]]
//
// `result` is what the expression gives in the page once that says that it is ready; it may be a
// promise. `errors`: uncaught exceptions, what was written to the console as an error or warning,
// and what the browser itself complained of. `requests`: whatever the page asked the network for.
"use strict";

const {spawn} = require("child_process");
const {mkdtempSync, rmSync, writeFileSync} = require("fs");
const {tmpdir} = require("os");
const {join, resolve} = require("path");
const {pathToFileURL} = require("url");

const [chromium, file, expression, width = "1280", height = "900", theme = "light", picture] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "waitscope-page-"));
const browser = spawn(chromium, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
	"--no-first-run", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
	"--remote-debugging-pipe", "--user-data-dir=" + home, "about:blank"],
{detached: true, stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"]});

let number = 0, unread = "", said = "", session;
const waiting = new Map(), report = {errors: [], requests: [], result: null};

function call(method, params = {}) {
	return new Promise((done, failed) => {
		waiting.set(++number, {done, failed});
		browser.stdio[3].write(JSON.stringify({id: number, method, params, sessionId: session}) + "\0");
	});
}

function textOf(argument) {
	return argument.description || String(argument.value);
}

const events = {
	"Runtime.exceptionThrown": ({exceptionDetails: details}) =>
		report.errors.push(details.text + " " + (details.exception ? textOf(details.exception) : "")),
	"Runtime.consoleAPICalled": ({type, args}) => {
		if (["error", "warning", "assert"].includes(type))
			report.errors.push(type + ": " + args.map(textOf).join(" "));
	},
	"Log.entryAdded": ({entry}) => report.errors.push(entry.level + ": " + entry.text),
	"Network.requestWillBeSent": ({request}) => {
		if (!request.url.startsWith(pathToFileURL(resolve(file)).href))
			report.requests.push(request.url);
	},
};

function take(message) {
	const asked = waiting.get(message.id);
	if (asked) {
		waiting.delete(message.id);
		if (message.error)
			asked.failed(new Error(message.error.message));
		else
			asked.done(message.result);
	} else if (events[message.method]) {
		events[message.method](message.params);
	}
}

browser.stdio[4].on("data", data => {
	const messages = (unread + data.toString()).split("\0");
	unread = messages.pop();
	messages.forEach(message => take(JSON.parse(message)));
});
browser.stdio[3].on("error", () => {});
browser.stderr.on("data", data => { said += data; });

async function evaluate(text) {
	const {result, exceptionDetails} = await call("Runtime.evaluate", {expression: text, returnByValue: true, awaitPromise: true});
	if (exceptionDetails)
		throw new Error(textOf(exceptionDetails.exception || {value: exceptionDetails.text}));
	return result.value;
}

async function run() {
	const {targetId} = await call("Target.createTarget", {url: "about:blank"});
	session = (await call("Target.attachToTarget", {targetId, flatten: true})).sessionId;
	for (const domain of ["Runtime", "Log", "Network", "Page"])
		await call(domain + ".enable");
	await call("Emulation.setDeviceMetricsOverride", {width: +width, height: +height, deviceScaleFactor: 1, mobile: +width < 600});
	await call("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: theme}]});
	await call("Page.navigate", {url: pathToFileURL(resolve(file)).href});
	for (let tries = 0; !await evaluate("!!document.documentElement && document.documentElement.dataset.ready === 'yes'"); tries++) {
		if (tries > 400)
			throw new Error("the page never said that it is ready: " + report.errors.join("; "));
		await new Promise(done => setTimeout(done, 25));
	}
	report.result = await evaluate(expression);
	await evaluate("new Promise(done => setTimeout(done, 50))");
	if (picture)
		writeFileSync(picture, Buffer.from((await call("Page.captureScreenshot")).data, "base64"));
}

function leave(error) {
	if (error)
		report.failed = String(error.message) + (said ? "\n" + said.slice(-400) : "");
	process.exitCode = error ? 1 : 0;
	browser.removeAllListeners("exit");
	try {
		process.kill(-browser.pid, "SIGKILL"); // with all its helpers
	} catch {
		// it is gone
	}
	process.stdout.write(JSON.stringify(report) + "\n", () => process.exit());
}

browser.on("error", leave);
browser.on("exit", status => leave(new Error("the browser ended with status " + status)));
process.on("exit", () => rmSync(home, {recursive: true, force: true}));
run().then(() => leave(), leave);

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// HTTP server: the event loop of Node.js. PORT as argument.
"use strict";
require("http").createServer((request, response) => response.end("hello"))
    .listen(Number(process.argv[2]), "127.0.0.1");

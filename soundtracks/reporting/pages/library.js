"use strict";

takeToken(); // for the review page
offerThemes(document.getElementById("theme"));

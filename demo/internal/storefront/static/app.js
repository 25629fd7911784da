document.title = "otel-demo";

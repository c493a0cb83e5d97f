// The demo's service worker keeps the examples, too, so that each loads without a connection.
void navigator.serviceWorker?.register('/service-worker.js')

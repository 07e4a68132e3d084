// The front door of what goes out: a webhook is the first channel.
//
//   webhook.hpp     Webhook, webhook_signature: a subscriber's URL, and how far it has come
//   deliveries.hpp  Deliveries: which webhook is sent what, when; no clock, no thread, no network
//   webhooks.hpp    Webhooks: the thread that sends
#pragma once

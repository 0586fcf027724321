#include "protocol/openapi.h"

namespace wick::protocol {
namespace {

constexpr std::string_view kOpenApi = R"openapi({
  "openapi": "3.1.0",
  "info": {
    "title": "wick",
    "version": "1",
    "summary": "Latest prices and candles of market data, kept for ever",
    "description": "JSON, UTF-8. Times are milliseconds since the Unix epoch. Numbers are written without exponent as the shortest decimal that reads back to the same float64. Unknown parameters and unknown fields of questions are refused. Errors are problem documents (RFC 9457). HEAD is answered wherever GET is."
  },
  "tags": [
    {"name": "events", "description": "Writing prices"},
    {"name": "prices", "description": "Reading prices and candles"},
    {"name": "catalogue", "description": "What there is"},
    {"name": "references", "description": "The series that gives the price of a base currency"},
    {"name": "operation", "description": "Running the server"}
  ],
  "paths": {
    "/v1/events": {
      "post": {
        "operationId": "postEvents",
        "security": [{"token": ["ingest"]}],
        "tags": ["events"],
        "summary": "Takes price events: one, an array, or one a line",
        "description": "A bad event never costs its neighbours: it is counted and described in the answer. A body that is no JSON is refused whole, except as application/x-ndjson, where each line stands for itself. Body: at most 64 MiB.",
        "parameters": [
          {
            "name": "ack",
            "in": "query",
            "description": "When to answer: after the events survive power loss (durable), after readers see them (memory), or at once (none, answered with 202).",
            "schema": {"type": "string", "enum": ["durable", "memory", "none"], "default": "durable"}
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "oneOf": [
                  {"$ref": "#/components/schemas/EventInput"},
                  {"type": "array", "items": {"$ref": "#/components/schemas/EventInput"}}
                ]
              },
              "example": [
                {
                  "baseCurrency": "BTC",
                  "quoteCurrency": "USD",
                  "exchange": "Kraken",
                  "price": 46450,
                  "baseVolumeLast24h": 1234.5,
                  "quoteVolumeLast24h": "57342525",
                  "timestampInMs": 1700000000000
                }
              ]
            },
            "application/x-ndjson": {
              "schema": {"type": "string", "description": "One event object a line; blank lines are skipped and not counted."},
              "example": "{\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USD\",\"exchange\":\"Kraken\",\"price\":46450,\"timestampInMs\":1700000000000}\n"
            }
          }
        },
        "responses": {
          "200": {
            "description": "What became of the events",
            "content": {
              "application/json": {
                "schema": {"$ref": "#/components/schemas/IngestReport"},
                "example": {
                  "accepted": 2,
                  "duplicates": 0,
                  "rejected": 1,
                  "errors": [{"index": 1, "code": "missing_field", "message": "price is missing"}]
                }
              }
            }
          },
          "202": {
            "description": "ack=none: the events were handed over",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/IngestReport"}}}
          },
          "307": {"$ref": "#/components/responses/Moved"},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "503": {"$ref": "#/components/responses/Unavailable"},
          "507": {"$ref": "#/components/responses/DiskFull"}
        }
      }
    },
    "/v1/latest": {
      "get": {
        "operationId": "getLatest",
        "security": [{"token": ["read"]}],
        "tags": ["prices"],
        "summary": "The latest price of one series",
        "parameters": [
          {"$ref": "#/components/parameters/symbol"},
          {"$ref": "#/components/parameters/baseCurrency"},
          {"$ref": "#/components/parameters/quoteCurrency"},
          {"$ref": "#/components/parameters/exchange"}
        ],
        "responses": {
          "200": {
            "description": "The price",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PriceEvent"}}}
          },
          "307": {"$ref": "#/components/responses/Moved"},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}
        }
      },
      "post": {
        "operationId": "postLatest",
        "security": [{"token": ["read"]}],
        "tags": ["prices"],
        "summary": "The latest prices of many series",
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "type": "array",
                "maxItems": 10000,
                "items": {"$ref": "#/components/schemas/SeriesInput"}
              },
              "example": ["Kraken:BTC/USD", {"baseCurrency": "ETH", "quoteCurrency": "USDT", "exchange": "Binance"}]
            }
          }
        },
        "responses": {
          "200": {
            "description": "As many elements as were asked for, in the same order; null where nothing was ever seen, in a cluster an object with a code where the node that has it is missing",
            "headers": {
              "Wick-Nodes": {"$ref": "#/components/headers/WickNodes"},
              "Wick-Nodes-Missing": {"$ref": "#/components/headers/WickNodesMissing"}
            },
            "content": {
              "application/json": {
                "schema": {
                  "type": "array",
                  "items": {
                    "oneOf": [
                      {"$ref": "#/components/schemas/PriceEvent"},
                      {"type": "null"},
                      {"$ref": "#/components/schemas/Missing"}
                    ]
                  }
                }
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"}
        }
      }
    },
    "/v1/candles": {
      "get": {
        "operationId": "getCandles",
        "security": [{"token": ["read"]}],
        "tags": ["prices"],
        "summary": "Candles of one series",
        "description": "Ascending. Without from the newest candles (before to) are answered. next is the from of the following page.",
        "parameters": [
          {"$ref": "#/components/parameters/symbol"},
          {"$ref": "#/components/parameters/baseCurrency"},
          {"$ref": "#/components/parameters/quoteCurrency"},
          {"$ref": "#/components/parameters/exchange"},
          {"name": "interval", "in": "query", "schema": {"$ref": "#/components/schemas/IntervalInput"}},
          {"name": "from", "in": "query", "description": "First bucket start, inclusive, ms since the Unix epoch.", "schema": {"$ref": "#/components/schemas/TimeInMs"}},
          {"name": "to", "in": "query", "description": "Last bucket start, exclusive, ms since the Unix epoch; after from.", "schema": {"$ref": "#/components/schemas/TimeInMs"}},
          {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/LimitInput"}},
          {"name": "fill", "in": "query", "schema": {"$ref": "#/components/schemas/FillInput"}},
          {
            "name": "format",
            "in": "query",
            "description": "csv: a header line and one line a candle. ccxt: [[ms,open,high,low,close,count],…].",
            "schema": {"type": "string", "enum": ["json", "csv", "ccxt"], "default": "json"}
          }
        ],
        "responses": {
          "200": {
            "description": "The candles",
            "content": {
              "application/json": {
                "schema": {
                  "oneOf": [
                    {"$ref": "#/components/schemas/Candles"},
                    {"$ref": "#/components/schemas/CcxtCandles"}
                  ]
                }
              },
              "text/csv": {
                "schema": {"type": "string"},
                "example": "timestampInMs,open,high,low,close,count,baseVolumeLast24h,quoteVolumeLast24h,closed\n1700000040000,46450,46455.5,46449,46452,17,1234.5,57342525,true\n"
              }
            }
          },
          "307": {"$ref": "#/components/responses/Moved"},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"}
        }
      },
      "post": {
        "operationId": "postCandles",
        "security": [{"token": ["read"]}],
        "tags": ["prices"],
        "summary": "Candles of up to 100 series",
        "description": "At most 1,000,000 candles in one answer, limit times the series.",
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {"$ref": "#/components/schemas/CandlesInput"},
              "example": {"series": ["Kraken:BTC/USD", "Binance:ETH/USDT"], "interval": "1h", "limit": 24}
            }
          }
        },
        "responses": {
          "200": {
            "description": "One element for each series, in the same order",
            "headers": {
              "Wick-Nodes": {"$ref": "#/components/headers/WickNodes"},
              "Wick-Nodes-Missing": {"$ref": "#/components/headers/WickNodesMissing"}
            },
            "content": {
              "application/json": {
                "schema": {
                  "type": "array",
                  "items": {
                    "oneOf": [
                      {"$ref": "#/components/schemas/Candles"},
                      {"$ref": "#/components/schemas/Missing"}
                    ]
                  }
                }
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"}
        }
      }
    },
    "/v1/exchanges": {
      "get": {
        "operationId": "getExchanges",
        "security": [{"token": ["read"]}],
        "tags": ["catalogue"],
        "summary": "Every exchange and pair that was ever seen, by name",
        "parameters": [
          {"name": "exchange", "in": "query", "description": "Only this one; an unknown one gives an empty array.", "schema": {"$ref": "#/components/schemas/Exchange"}},
          {"name": "pairs", "in": "query", "description": "false leaves the pairs out.", "schema": {"type": "boolean", "default": true}}
        ],
        "responses": {
          "200": {
            "description": "The exchanges",
            "headers": {
              "Wick-Nodes": {"$ref": "#/components/headers/WickNodes"},
              "Wick-Nodes-Missing": {"$ref": "#/components/headers/WickNodesMissing"}
            },
            "content": {
              "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/ExchangeListing"}}
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/v1/bases": {
      "get": {
        "operationId": "getBases",
        "security": [{"token": ["read"]}],
        "tags": ["catalogue"],
        "summary": "One reference price for each base currency, by name",
        "parameters": [
          {
            "name": "baseCurrency",
            "in": "query",
            "description": "Only these, separated by commas; unknown ones are left out.",
            "schema": {"type": "string"},
            "example": "BTC,ETH"
          }
        ],
        "responses": {
          "200": {
            "description": "The base currencies",
            "headers": {
              "Wick-Nodes": {"$ref": "#/components/headers/WickNodes"},
              "Wick-Nodes-Missing": {"$ref": "#/components/headers/WickNodesMissing"}
            },
            "content": {
              "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/BaseListing"}}
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/v1/bases/{base}": {
      "get": {
        "operationId": "getBase",
        "security": [{"token": ["read"]}],
        "tags": ["catalogue"],
        "summary": "Every latest price of a base currency, newest first",
        "parameters": [{"$ref": "#/components/parameters/base"}],
        "responses": {
          "200": {
            "description": "The prices; empty if nothing was ever seen of it",
            "headers": {
              "Wick-Nodes": {"$ref": "#/components/headers/WickNodes"},
              "Wick-Nodes-Missing": {"$ref": "#/components/headers/WickNodesMissing"}
            },
            "content": {
              "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/PriceEvent"}}
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/v1/bases/{base}/reference": {
      "put": {
        "operationId": "putReference",
        "security": [{"token": ["admin"]}],
        "tags": ["references"],
        "summary": "Sets the series that gives the price of a base currency",
        "parameters": [{"$ref": "#/components/parameters/base"}],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {"$ref": "#/components/schemas/ReferenceInput"},
              "example": {"quoteCurrency": "USD", "exchange": "Kraken"}
            }
          }
        },
        "responses": {
          "200": {
            "description": "The reference, durable",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Reference"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "503": {"$ref": "#/components/responses/Unavailable"},
          "507": {"$ref": "#/components/responses/DiskFull"}
        }
      },
      "delete": {
        "operationId": "deleteReference",
        "security": [{"token": ["admin"]}],
        "tags": ["references"],
        "summary": "Removes the reference of a base currency",
        "parameters": [{"$ref": "#/components/parameters/base"}],
        "responses": {
          "204": {"description": "It is removed, durably"},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "503": {"$ref": "#/components/responses/Unavailable"},
          "507": {"$ref": "#/components/responses/DiskFull"}
        }
      }
    },
    "/v1/references": {
      "get": {
        "operationId": "getReferences",
        "security": [{"token": ["read"]}],
        "tags": ["references"],
        "summary": "All references, by base currency",
        "responses": {
          "200": {
            "description": "The references",
            "headers": {
              "Wick-Nodes": {"$ref": "#/components/headers/WickNodes"},
              "Wick-Nodes-Missing": {"$ref": "#/components/headers/WickNodesMissing"},
              "Wick-References-Differ": {"$ref": "#/components/headers/WickReferencesDiffer"}
            },
            "content": {
              "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Reference"}}
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      },
      "put": {
        "operationId": "putReferences",
        "security": [{"token": ["admin"]}],
        "tags": ["references"],
        "summary": "Replaces all references",
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "type": "array",
                "description": "Each base currency at most once.",
                "items": {"$ref": "#/components/schemas/Reference"}
              },
              "example": [{"baseCurrency": "BTC", "quoteCurrency": "USD", "exchange": "Kraken"}]
            }
          }
        },
        "responses": {
          "200": {
            "description": "The references, durable",
            "content": {
              "application/json": {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Reference"}}
              }
            }
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "413": {"$ref": "#/components/responses/BodyTooLarge"},
          "503": {"$ref": "#/components/responses/Unavailable"},
          "507": {"$ref": "#/components/responses/DiskFull"}
        }
      }
    },
    "/v1/status": {
      "get": {
        "operationId": "getStatus",
        "security": [{"token": ["read"]}],
        "tags": ["operation"],
        "summary": "What the server is doing",
        "description": "Counts are since the start of the process.",
        "responses": {
          "200": {
            "description": "The state at one moment",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/v1/cluster": {
      "get": {
        "operationId": "getCluster",
        "security": [{"token": ["read"]}],
        "tags": ["operation"],
        "summary": "Which node of the cluster has which pairs",
        "responses": {
          "200": {
            "description": "The map, as this node is configured",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Cluster"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/healthz": {
      "get": {
        "operationId": "getHealthz",
        "security": [],
        "tags": ["operation"],
        "summary": "The process is alive",
        "responses": {
          "200": {
            "description": "It is",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"}
        }
      }
    },
    "/readyz": {
      "get": {
        "operationId": "getReadyz",
        "security": [],
        "tags": ["operation"],
        "summary": "The server has recovered, can write, and has caught up with Kafka where it reads topics",
        "responses": {
          "200": {
            "description": "It has, and can",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/metrics": {
      "get": {
        "operationId": "getMetrics",
        "security": [{"token": ["read"]}],
        "tags": ["operation"],
        "summary": "Counters for Prometheus",
        "responses": {
          "200": {"description": "Prometheus text format", "content": {"text/plain": {"schema": {"type": "string"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/v1/openapi.json": {
      "get": {
        "operationId": "getOpenApi",
        "security": [{"token": ["read"]}],
        "tags": ["operation"],
        "summary": "This document",
        "responses": {
          "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"}
        }
      }
    },
    "/v1/admin/checkpoint": {
      "post": {
        "operationId": "adminCheckpoint",
        "security": [{"token": ["admin"]}],
        "tags": ["operation"],
        "summary": "Writes a checkpoint and answers when it is durable",
        "responses": {
          "200": {
            "description": "It is written",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AdminReply"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "503": {"$ref": "#/components/responses/Unavailable"},
          "507": {"$ref": "#/components/responses/DiskFull"}
        }
      }
    },
    "/v1/admin/backup": {
      "post": {
        "operationId": "adminBackup",
        "security": [{"token": ["admin"]}],
        "tags": ["operation"],
        "summary": "Adds a backup to a directory of the server's machine",
        "description": "It holds everything acknowledged before the request. Answered when it is made and synced; the server goes on meanwhile. One at a time.",
        "requestBody": {
          "required": true,
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BackupInput"}}}
        },
        "responses": {
          "200": {
            "description": "It is made",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/BackupReply"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "503": {"$ref": "#/components/responses/Unavailable"},
          "507": {"$ref": "#/components/responses/DiskFull"}
        }
      }
    },
    "/v1/admin/dead-letters": {
      "get": {
        "operationId": "adminDeadLetters",
        "security": [{"token": ["admin"]}],
        "tags": ["operation"],
        "summary": "Records of Kafka that could not be read, or not all of their events",
        "description": "By topic, partition and offset, from the place that is named on; what is left out of it is the smallest.",
        "parameters": [
          {"name": "topic", "in": "query", "schema": {"type": "string", "maxLength": 249}},
          {"name": "partition", "in": "query", "description": "Beside topic.", "schema": {"type": "integer", "minimum": 0}},
          {"name": "offset", "in": "query", "description": "Beside topic.", "schema": {"type": "integer", "minimum": 0}},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}}
        ],
        "responses": {
          "200": {
            "description": "The dead letters, and where the next ones begin",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/DeadLetters"}}}
          },
          "400": {"$ref": "#/components/responses/BadRequest"},
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "403": {"$ref": "#/components/responses/Forbidden"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    }
  },
)openapi"
                                      R"openapi(  "components": {
    "parameters": {
      "symbol": {
        "name": "symbol",
        "in": "query",
        "description": "The series as exchange:BASE/QUOTE; instead of the other three.",
        "schema": {"$ref": "#/components/schemas/Symbol"}
      },
      "baseCurrency": {
        "name": "baseCurrency",
        "in": "query",
        "description": "With quoteCurrency and exchange; instead of symbol.",
        "schema": {"$ref": "#/components/schemas/Currency"}
      },
      "quoteCurrency": {
        "name": "quoteCurrency",
        "in": "query",
        "description": "With baseCurrency and exchange; instead of symbol.",
        "schema": {"$ref": "#/components/schemas/Currency"}
      },
      "exchange": {
        "name": "exchange",
        "in": "query",
        "description": "With baseCurrency and quoteCurrency; instead of symbol.",
        "schema": {"$ref": "#/components/schemas/Exchange"}
      },
      "base": {
        "name": "base",
        "in": "path",
        "required": true,
        "description": "A base currency, percent-encoded.",
        "schema": {"$ref": "#/components/schemas/Currency"},
        "example": "BTC"
      }
    },
    "headers": {
      "WickNodes": {
        "description": "In a cluster: numbers of the nodes that the answer is of, as 0,1,2.",
        "schema": {"type": "string"},
        "example": "0,1"
      },
      "WickNodesMissing": {
        "description": "In a cluster: numbers of the nodes whose part is missing from the answer; left out if none is.",
        "schema": {"type": "string"},
        "example": "2"
      },
      "WickReferencesDiffer": {
        "description": "In a cluster: numbers of the nodes whose references are not those of the node that was asked; left out if there is none.",
        "schema": {"type": "string"},
        "example": "2"
      }
    },
    "securitySchemes": {
      "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token with the scope that the operation names: read, ingest or admin; none contains another. Servers without tokens ask for none."
      }
    },
    "responses": {
      "BadRequest": {
        "description": "bad_request, invalid_json, invalid_body, invalid_parameter, missing_parameter or unknown_parameter",
        "content": {
          "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "example": {
              "type": "urn:wick:problem:invalid_parameter",
              "title": "A parameter has a value that is not allowed",
              "status": 400,
              "detail": "fill \"zero\" must be none, previous or null",
              "code": "invalid_parameter"
            }
          }
        }
      },
      "Moved": {
        "description": "moved: another node of the cluster has the pair. Send the token again when you follow. If that node has not the pair either, it answers 503 node_unavailable. Servers that stand alone never answer it.",
        "headers": {
          "Location": {"description": "The same target on that node, with the parameter moved=1 behind it.", "schema": {"type": "string", "format": "uri"}}
        },
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "Unauthorized": {
        "description": "unauthorized: no token, or one that the server does not know. Servers without tokens never answer it.",
        "headers": {"WWW-Authenticate": {"description": "Bearer", "schema": {"type": "string"}}},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "Forbidden": {
        "description": "forbidden: the token has not the scope of the request, or a browser asks on behalf of a page that may not",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "NotFound": {
        "description": "unknown_series, unknown_reference or not_found",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "BodyTooLarge": {
        "description": "body_too_large",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "Unavailable": {
        "description": "unavailable, recovering, lagging, overloaded, node_unavailable or write_failed",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      },
      "DiskFull": {
        "description": "storage_full",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
      }
    },
    "schemas": {
      "Currency": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^/]+$", "description": "1 to 64 bytes of UTF-8 without control characters, without space at the ends, without '/'. Case counts.", "examples": ["BTC"]},
      "Exchange": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^:]+$", "description": "1 to 64 bytes of UTF-8 without control characters, without space at the ends, without ':'. Case counts.", "examples": ["Kraken"]},
      "Symbol": {"type": "string", "pattern": "^[^:]+:[^/]+/[^/]+$", "description": "exchange:BASE/QUOTE", "examples": ["Kraken:BTC/USD"]},
      "TimeInMs": {"type": "integer", "minimum": 0, "description": "Milliseconds since the Unix epoch.", "examples": [1700000000000]},
      "NumberInput": {
        "description": "A number or a string that holds one.",
        "oneOf": [{"type": "number"}, {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$"}]
      },
      "VolumeInput": {
        "description": "At least 0; missing or null is 0.",
        "oneOf": [{"$ref": "#/components/schemas/NumberInput"}, {"type": "null"}]
      },
      "SeriesInput": {
        "oneOf": [
          {"$ref": "#/components/schemas/Symbol"},
          {
            "type": "object",
            "required": ["baseCurrency", "quoteCurrency", "exchange"],
            "additionalProperties": false,
            "properties": {
              "baseCurrency": {"$ref": "#/components/schemas/Currency"},
              "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
              "exchange": {"$ref": "#/components/schemas/Exchange"}
            }
          }
        ]
      },
      "PriceEventInput": {
        "type": "object",
        "description": "Other fields are ignored.",
        "required": ["baseCurrency", "quoteCurrency", "exchange", "price"],
        "properties": {
          "baseCurrency": {"$ref": "#/components/schemas/Currency"},
          "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
          "exchange": {"$ref": "#/components/schemas/Exchange"},
          "price": {"$ref": "#/components/schemas/NumberInput"},
          "baseVolumeLast24h": {"$ref": "#/components/schemas/VolumeInput"},
          "quoteVolumeLast24h": {"$ref": "#/components/schemas/VolumeInput"},
          "timestampInMs": {"$ref": "#/components/schemas/NumberInput"}
        }
      },
      "EventInput": {
        "description": "An event with its timestamp, or the envelope around one. In the envelope the event's own timestamp wins over the envelope's.",
        "anyOf": [
          {
            "allOf": [{"$ref": "#/components/schemas/PriceEventInput"}],
            "required": ["timestampInMs"]
          },
          {
            "type": "object",
            "required": ["priceEvent"],
            "properties": {
              "timestampInMs": {"$ref": "#/components/schemas/NumberInput"},
              "priceEvent": {"$ref": "#/components/schemas/PriceEventInput"}
            }
          }
        ]
      },
      "IngestReport": {
        "type": "object",
        "required": ["accepted", "duplicates", "rejected", "errors"],
        "properties": {
          "accepted": {"type": "integer", "minimum": 0},
          "duplicates": {"type": "integer", "minimum": 0, "description": "Equal to the series' latest in every field: nothing changed. With ack=none not known, and 0."},
          "rejected": {"type": "integer", "minimum": 0},
          "errors": {
            "type": "array",
            "maxItems": 100,
            "description": "Of the refused events the 100 with the lowest index.",
            "items": {
              "type": "object",
              "required": ["index", "code", "message"],
              "properties": {
                "index": {"type": "integer", "minimum": 0, "description": "In the array, or among the lines that are not blank; from 0."},
                "code": {
                  "type": "string",
                  "enum": ["invalid_json", "missing_field", "invalid_name", "invalid_price", "invalid_volume", "invalid_timestamp", "future_timestamp", "too_many_series", "too_many_new_series", "moved"]
                },
                "message": {"type": "string"}
              }
            }
          }
        }
      },
      "PriceEvent": {
        "type": "object",
        "required": ["baseCurrency", "quoteCurrency", "exchange", "price", "baseVolumeLast24h", "quoteVolumeLast24h", "timestampInMs"],
        "properties": {
          "baseCurrency": {"$ref": "#/components/schemas/Currency"},
          "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
          "exchange": {"$ref": "#/components/schemas/Exchange"},
          "price": {"type": "number", "exclusiveMinimum": 0},
          "baseVolumeLast24h": {"type": "number", "minimum": 0},
          "quoteVolumeLast24h": {"type": "number", "minimum": 0},
          "timestampInMs": {"$ref": "#/components/schemas/TimeInMs"}
        },
        "examples": [
          {
            "baseCurrency": "BTC",
            "quoteCurrency": "USD",
            "exchange": "Kraken",
            "price": 46450,
            "baseVolumeLast24h": 1234.5,
            "quoteVolumeLast24h": 57342525,
            "timestampInMs": 1700000000000
          }
        ]
      },
      "IntervalInput": {
        "type": "string",
        "default": "1m",
        "pattern": "^(auto|finest|[1-9][0-9]*[smhd]|1w|1M)$",
        "description": "A length (Ns, Nm, Nh, Nd of at most 366 days, 1w from Monday, 1M), auto (the finest stored one that reaches back to from within limit), or finest (each stretch of the range as fine as it is kept).",
        "examples": ["1s", "5m", "4h", "1d", "1w", "1M", "auto", "finest"]
      },
      "LimitInput": {"type": "integer", "minimum": 1, "default": 1000, "description": "Candles; the server's maximum is 10000 unless it is configured otherwise."},
      "FillInput": {
        "type": "string",
        "enum": ["none", "previous", "null"],
        "default": "none",
        "description": "What stands in buckets without events: nothing, the previous close, or a candle without prices."
      },
      "CandlesInput": {
        "type": "object",
        "required": ["series"],
        "additionalProperties": false,
        "properties": {
          "series": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"$ref": "#/components/schemas/SeriesInput"}},
          "interval": {"oneOf": [{"$ref": "#/components/schemas/IntervalInput"}, {"type": "null"}]},
          "from": {"oneOf": [{"$ref": "#/components/schemas/TimeInMs"}, {"type": "null"}]},
          "to": {"oneOf": [{"$ref": "#/components/schemas/TimeInMs"}, {"type": "null"}]},
          "limit": {"oneOf": [{"$ref": "#/components/schemas/LimitInput"}, {"type": "null"}]},
          "fill": {"oneOf": [{"$ref": "#/components/schemas/FillInput"}, {"type": "null"}]}
        }
      },
      "Candle": {
        "type": "object",
        "required": ["timestampInMs", "open", "high", "low", "close", "count", "baseVolumeLast24h", "quoteVolumeLast24h", "closed"],
        "properties": {
          "timestampInMs": {"type": "integer", "minimum": 0, "description": "Start of the bucket, ms since the Unix epoch."},
          "interval": {"type": "string", "description": "Only with interval=finest."},
          "open": {"type": ["number", "null"]},
          "high": {"type": ["number", "null"]},
          "low": {"type": ["number", "null"]},
          "close": {"type": ["number", "null"]},
          "count": {"type": "integer", "minimum": 0, "description": "Events in the bucket; 0 only if filled."},
          "baseVolumeLast24h": {"type": ["number", "null"], "description": "The closing event's rolling total of 24 hours, not the volume of the bucket."},
          "quoteVolumeLast24h": {"type": ["number", "null"], "description": "The closing event's rolling total of 24 hours, not the volume of the bucket."},
          "closed": {"type": "boolean", "description": "The wall clock has passed the end of the bucket."},
          "filled": {"const": true, "description": "Only where no event fell into the bucket."}
        }
      },
      "Candles": {
        "type": "object",
        "required": ["baseCurrency", "quoteCurrency", "exchange", "interval", "availableFrom", "candles", "next"],
        "properties": {
          "baseCurrency": {"$ref": "#/components/schemas/Currency"},
          "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
          "exchange": {"$ref": "#/components/schemas/Exchange"},
          "interval": {"type": "string", "description": "Of every candle, or finest. auto is answered with the interval that was chosen."},
          "availableFrom": {"type": "integer", "minimum": 0, "description": "Candles that start before this, ms since the Unix epoch, are not kept; 0: all are."},
          "candles": {"type": "array", "items": {"$ref": "#/components/schemas/Candle"}},
          "next": {"type": ["integer", "null"], "description": "from of the following page, ms since the Unix epoch."}
        },
        "examples": [
          {
            "baseCurrency": "BTC",
            "quoteCurrency": "USD",
            "exchange": "Kraken",
            "interval": "1m",
            "availableFrom": 1697408000000,
            "candles": [
              {
                "timestampInMs": 1700000040000,
                "open": 46450,
                "high": 46455.5,
                "low": 46449,
                "close": 46452,
                "count": 17,
                "baseVolumeLast24h": 1234.5,
                "quoteVolumeLast24h": 57342525,
                "closed": true
              }
            ],
            "next": null
          }
        ]
      },
      "CcxtCandles": {
        "type": "array",
        "description": "format=ccxt: [ms, open, high, low, close, count] each. The last is a number of events, not a volume.",
        "items": {"type": "array", "minItems": 6, "maxItems": 6, "items": {"type": ["number", "null"]}},
        "examples": [[[1700000040000, 46450, 46455.5, 46449, 46452, 17]]]
      },
      "ExchangeListing": {
        "type": "object",
        "required": ["exchange", "lastSeenInMs"],
        "properties": {
          "exchange": {"$ref": "#/components/schemas/Exchange"},
          "lastSeenInMs": {"$ref": "#/components/schemas/TimeInMs"},
          "pairs": {
            "type": "array",
            "description": "By base, then quote currency; left out with pairs=false.",
            "items": {
              "type": "object",
              "required": ["baseCurrency", "quoteCurrency", "lastSeenInMs"],
              "properties": {
                "baseCurrency": {"$ref": "#/components/schemas/Currency"},
                "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
                "lastSeenInMs": {"$ref": "#/components/schemas/TimeInMs"}
              }
            }
          }
        }
      },
      "BaseListing": {
        "type": "object",
        "required": ["baseCurrency", "price", "series"],
        "properties": {
          "baseCurrency": {"$ref": "#/components/schemas/Currency"},
          "price": {"$ref": "#/components/schemas/PriceEvent"},
          "series": {"type": "integer", "minimum": 1, "description": "Series of this base currency that have a price."}
        }
      },
      "ReferenceInput": {
        "type": "object",
        "required": ["quoteCurrency", "exchange"],
        "additionalProperties": false,
        "properties": {
          "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
          "exchange": {"$ref": "#/components/schemas/Exchange"}
        }
      },
      "Reference": {
        "type": "object",
        "required": ["baseCurrency", "quoteCurrency", "exchange"],
        "additionalProperties": false,
        "properties": {
          "baseCurrency": {"$ref": "#/components/schemas/Currency"},
          "quoteCurrency": {"$ref": "#/components/schemas/Currency"},
          "exchange": {"$ref": "#/components/schemas/Exchange"}
        }
      },
      "Status": {
        "type": "object",
        "required": ["version", "uptimeInMs", "state", "writable", "writeError", "writeErrorSinceInMs", "series", "events", "journal", "checkpoint", "recovery", "tiers", "memory", "disk", "shards"],
        "properties": {
          "version": {"type": "string"},
          "uptimeInMs": {"type": "integer"},
          "state": {"type": "string", "enum": ["recovering", "ready", "lagging", "disk_full", "failed", "stopping"]},
          "writable": {"type": "boolean"},
          "writeError": {"type": "string", "description": "Why writes are refused; empty if they are taken."},
          "writeErrorSinceInMs": {"type": "integer", "description": "0 if writes are taken."},
          "series": {"type": "integer"},
          "events": {
            "type": "object",
            "properties": {
              "accepted": {"type": "integer"},
              "duplicates": {"type": "integer"},
              "rejected": {"type": "integer"},
              "rejectedByCode": {"type": "object", "additionalProperties": {"type": "integer"}},
              "late": {"type": "integer", "description": "Older than their series' latest when they came."},
              "newestTimestampInMs": {"type": "integer"}
            }
          },
          "journal": {"$ref": "#/components/schemas/Counters"},
          "checkpoint": {"$ref": "#/components/schemas/Counters"},
          "recovery": {"$ref": "#/components/schemas/Counters"},
          "tiers": {
            "type": "array",
            "items": {
              "type": "object",
              "properties": {
                "interval": {"type": "string"},
                "horizonInMs": {"type": "integer", "description": "Candles that end at or before this are not kept."},
                "lateBeyondHorizon": {"type": "integer"},
                "memoryBytes": {"type": "integer"},
                "diskBytes": {"type": "integer"}
              }
            }
          },
          "memory": {"$ref": "#/components/schemas/Counters"},
          "disk": {"$ref": "#/components/schemas/Counters"},
          "shards": {"type": "array", "items": {"$ref": "#/components/schemas/Counters"}},
          "kafka": {
            "type": "object",
            "description": "Missing where no topic is read.",
            "properties": {
              "error": {"type": "string", "description": "What keeps a topic from being read; empty: nothing."},
              "paused": {"type": "boolean", "description": "Nothing is taken as long as the disk is full."},
              "largestLag": {"type": "integer", "description": "In records, of the partitions that are read."},
              "lagKnown": {"type": "boolean", "description": "Of every partition that is read."},
              "lagging": {"type": "string", "description": "Why /readyz refuses; empty: it does not for this."},
              "eventsPerSecond": {"type": "integer", "description": "Over the last seconds."},
              "deadLettersPublished": {"type": "integer"},
              "deadLettersFailed": {"type": "integer", "description": "Attempts to publish that failed."},
              "deadLettersDropped": {"type": "integer", "description": "Oldest ones, to keep within kafka.max_dead_letters."},
              "partitions": {
                "type": "array",
                "items": {
                  "type": "object",
                  "properties": {
                    "topic": {"type": "string"},
                    "partition": {"type": "integer"},
                    "state": {"type": "string", "enum": ["starting", "reading", "failing", "offset_lost", "stopped"]},
                    "reason": {"type": "string", "description": "Why it is not reading; else empty."},
                    "nextOffset": {"type": "integer", "description": "Of the first record that is not durable here."},
                    "endOffset": {"type": "integer", "description": "Behind the partition's last record."},
                    "lag": {"type": "integer"},
                    "records": {"type": "integer"},
                    "events": {"type": "integer"},
                    "deadLetters": {"type": "integer"},
                    "repeated": {"type": "integer", "description": "Records that came again and were skipped."},
                    "missing": {"type": "integer", "description": "Offsets without a record."}
                  }
                }
              }
            }
          }
        }
      },
      "Missing": {
        "type": "object",
        "description": "In a cluster, in the place of what the answer has not: why, and of which node.",
        "required": ["code", "detail"],
        "properties": {
          "code": {"type": "string", "enum": ["node_unavailable", "moved"]},
          "detail": {"type": "string"}
        }
      },
      "Cluster": {
        "type": "object",
        "required": ["partitions", "node", "nodes"],
        "properties": {
          "partitions": {"type": "integer", "minimum": 0, "description": "Of all pairs: murmur2 of BASE/QUOTE as Kafka's Java clients take it. 0: the node stands alone."},
          "node": {"type": "integer", "minimum": 0, "description": "Number of the node that answers."},
          "nodes": {
            "type": "array",
            "description": "By number; empty if the node stands alone.",
            "items": {
              "type": "object",
              "required": ["node", "http", "binary", "partitions", "self", "reachable"],
              "properties": {
                "node": {"type": "integer", "minimum": 0},
                "http": {"type": "string", "description": "host:port", "examples": ["wick-0.wick-nodes:8080"]},
                "binary": {"type": "string", "description": "host:port", "examples": ["wick-0.wick-nodes:8081"]},
                "partitions": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                "self": {"type": "boolean"},
                "reachable": {"type": ["boolean", "null"], "description": "Whether this node's last question to it was answered; null: none was asked."}
              }
            }
          }
        }
      },
      "DeadLetters": {
        "type": "object",
        "required": ["deadLetters", "next"],
        "properties": {
          "deadLetters": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["topic", "partition", "offset", "timestampInMs", "reason", "keyBytes", "valueBytes"],
              "properties": {
                "topic": {"type": "string"},
                "partition": {"type": "integer"},
                "offset": {"type": "integer"},
                "timestampInMs": {"type": "integer", "description": "When it was met."},
                "reason": {"type": "string"},
                "keyBytes": {"type": "integer", "description": "Of the record; what is kept of it may be less."},
                "valueBytes": {"type": "integer", "description": "Of the record; what is kept of it may be less."},
                "key": {"type": "string", "description": "Where it is UTF-8, else keyBase64."},
                "keyBase64": {"type": "string"},
                "value": {"type": "string", "description": "Where it is UTF-8, else valueBase64."},
                "valueBase64": {"type": "string"}
              }
            }
          },
          "next": {
            "description": "Where the next ones begin; null: there are no more.",
            "type": ["object", "null"],
            "properties": {
              "topic": {"type": "string"},
              "partition": {"type": "integer"},
              "offset": {"type": "integer"}
            }
          }
        }
      },
      "Counters": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
      "Health": {"type": "object", "required": ["status"], "properties": {"status": {"const": "ok"}}},
      "AdminReply": {
        "type": "object",
        "required": ["action", "durationInMs"],
        "properties": {
          "action": {"const": "checkpoint"},
          "durationInMs": {"type": "integer", "minimum": 0}
        }
      },
      "BackupInput": {
        "type": "object",
        "required": ["directory"],
        "additionalProperties": false,
        "properties": {
          "directory": {"type": "string", "description": "Absolute, on the server's machine, outside of its data directory: new, empty, or of earlier backups.", "examples": ["/var/backups/wick"]},
          "keep": {"type": ["integer", "null"], "minimum": 0, "default": 0, "description": "Backups left there afterwards, the newest ones; 0: all."},
          "bytesPerSecond": {"type": ["integer", "null"], "minimum": 0, "default": 0, "description": "Written at most, 65536 or more; 0: no limit."}
        }
      },
      "BackupReply": {
        "type": "object",
        "required": ["action", "directory", "id", "files", "bytes", "durationInMs"],
        "properties": {
          "action": {"const": "backup"},
          "directory": {"type": "string"},
          "id": {"type": "integer", "minimum": 1, "description": "Of this backup in its directory."},
          "files": {"type": "integer", "minimum": 0, "description": "Of this backup; tables are shared with others of the directory."},
          "bytes": {"type": "integer", "minimum": 0, "description": "Of those files."},
          "durationInMs": {"type": "integer", "minimum": 0}
        }
      },
      "Problem": {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
          "type": {"type": "string", "format": "uri"},
          "title": {"type": "string"},
          "status": {"type": "integer"},
          "detail": {"type": "string", "description": "What was wrong, where, and what to do."},
          "code": {
            "type": "string",
            "enum": ["moved", "bad_request", "invalid_json", "invalid_body", "invalid_parameter", "missing_parameter", "unknown_parameter", "unauthorized", "forbidden", "unknown_series", "unknown_reference", "not_found", "method_not_allowed", "request_timeout", "body_too_large", "unsupported_media_type", "header_too_large", "internal_error", "unavailable", "recovering", "lagging", "overloaded", "node_unavailable", "write_failed", "storage_full"]
          }
        }
      }
    }
  }
}
)openapi";

}  // namespace

std::string_view OpenApiJson() { return kOpenApi; }

}  // namespace wick::protocol

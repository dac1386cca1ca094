#include "agent_service/shop/seed.hpp"

namespace agent_service::shop {

const char* const seed = R"sql(
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE
);
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK (price_cents >= 0),
  in_stock INTEGER NOT NULL CHECK (in_stock >= 0)
);
CREATE TABLE orders (
  number INTEGER PRIMARY KEY,
  customer INTEGER NOT NULL REFERENCES customers (id),
  status TEXT NOT NULL CHECK (status IN ('paid', 'packing', 'shipped', 'delivered', 'cancelled')),
  ordered_on TEXT NOT NULL,
  arrives_on TEXT NOT NULL DEFAULT '',
  tracking TEXT NOT NULL DEFAULT ''
);
CREATE INDEX orders_by_customer ON orders (customer, ordered_on);
CREATE TABLE order_lines (
  number INTEGER NOT NULL REFERENCES orders (number),
  product INTEGER NOT NULL REFERENCES products (id),
  quantity INTEGER NOT NULL CHECK (quantity > 0),
  price_cents INTEGER NOT NULL,
  PRIMARY KEY (number, product)
);
CREATE TABLE refunds (
  number INTEGER PRIMARY KEY REFERENCES orders (number),
  amount_cents INTEGER NOT NULL,
  reason TEXT NOT NULL,
  requested_at TEXT NOT NULL DEFAULT (datetime('now'))
);

INSERT INTO customers (id, name, email) VALUES
  (1, 'Ada Park', 'ada@example.com'),
  (2, 'Ben Okafor', 'ben@example.com'),
  (3, 'Carla Ruiz', 'carla@example.com'),
  (4, 'Dev Anand', 'dev@example.com');
INSERT INTO products (id, name, price_cents, in_stock) VALUES
  (1, 'desk lamp', 4900, 12),
  (2, 'floor lamp', 12900, 3),
  (3, 'paper lantern', 1500, 40),
  (4, 'wool blanket', 7900, 0),
  (5, 'linen curtain', 5900, 8),
  (6, 'reading chair', 24900, 2);
INSERT INTO orders (number, customer, status, ordered_on, arrives_on, tracking) VALUES
  (1001, 1, 'delivered', '2026-10-28', '2026-11-02', 'LL-48201'),
  (1002, 2, 'shipped', '2026-11-16', '2026-11-27', 'LL-48377'),
  (1003, 3, 'delivered', '2026-11-03', '2026-11-07', 'LL-48260'),
  (1004, 1, 'packing', '2026-11-24', '2026-12-01', ''),
  (1005, 4, 'paid', '2026-11-25', '', ''),
  (1006, 3, 'cancelled', '2026-10-02', '', '');
INSERT INTO order_lines (number, product, quantity, price_cents) VALUES
  (1001, 1, 1, 4900), (1001, 3, 2, 1500),
  (1002, 2, 1, 12900),
  (1003, 6, 1, 24900),
  (1004, 5, 2, 5900),
  (1005, 3, 4, 1500),
  (1006, 4, 1, 7900);
PRAGMA user_version = 1;
)sql";

}  // namespace agent_service::shop

/**
 * What `barograph init` writes: a configuration that works as it stands, with public feeds and each section's keys in
 * comments. A test reads it with the loader, as it is and with every commented key switched on.
 */
export const CONFIG_TEMPLATE = `# Barograph: real-time sentiment of financial news.
# Check with "barograph validate", start with "barograph run". Every key is described in docs/configuration.md.
# Values may use \${VARIABLE} or \${VARIABLE:default} from the environment. Durations: 30s, 5m, 6h, 7d. Sizes: 500KB, 5MB.

# Folder of the log and the store, relative to this file.
data: ./data

# Where one machine is not enough: see docs/kafka.md and docs/elasticsearch.md, and run "barograph setup".
# log:
#   kafka:
#     brokers: [kafka:9092]
# store:
#   elasticsearch:
#     node: http://elasticsearch:9200

feeds:
  # Central banks
  - name: federal-reserve
    url: https://www.federalreserve.gov/feeds/press_all.xml
    interval: 10m
  - name: ecb
    url: https://www.ecb.europa.eu/rss/press.html
    interval: 10m
  - name: bank-of-england
    url: https://www.bankofengland.co.uk/rss/news
    interval: 10m
  # Regulator. The SEC wants to know who asks: put your own contact here.
  - name: sec
    url: https://www.sec.gov/news/pressreleases.rss
    interval: 10m
    user_agent: \${BAROGRAPH_USER_AGENT:Barograph/0.1 (feed reader; set BAROGRAPH_USER_AGENT to your contact)}
  # Exchanges
  - name: nasdaq-markets
    url: https://www.nasdaq.com/feed/rssoutbound?category=Markets
  - name: nasdaq-trade-halts
    url: https://www.nasdaqtrader.com/rss.aspx?feed=tradehalts
    interval: 2m
  # Wire services
  - name: globenewswire
    url: https://www.globenewswire.com/RssFeed/orgclass/1/feedTitle/GlobeNewswire%20-%20News%20about%20Public%20Companies
  - name: prnewswire
    url: https://www.prnewswire.com/rss/news-releases-list.rss
  - name: businesswire
    url: https://feed.businesswire.com/rss/home/?rss=G1QFDERJXkJeEFpRWg==
  # Financial press
  - name: cnbc-top-news
    url: https://www.cnbc.com/id/100003114/device/rss/rss.html
  - name: marketwatch
    url: https://feeds.content.dowjones.io/public/rss/mw_topstories
  # A feed with every key it can have:
  # - name: intranet
  #   url: http://news.example.internal/feed.xml
  #   interval: 1m
  #   timeout: 20s
  #   max_size: 5MB          # after decompression
  #   max_redirects: 5
  #   allow_private: true    # addresses of private networks are refused otherwise
  #   language: en
  #   user_agent: Barograph

alerts:
  # False alerts a day that your team can bear; the detector calibrates itself to that.
  budget_per_day: 1
  # windows: [1h, 6h, 24h]
  # min_stories: 5           # fewer negative stories never make an alert
  # warm_up: 24h             # no alerts in the first time, while there is no history
  # resolve_after: 1h

# ledger:
#   bucket: 5m
#   lateness: 1h
#   story_window: 48h
#   dedupe_window: 7d

# model:
#   bundle: ./models/mine    # default: the bundle that comes with Barograph
#   workers: 2               # default: by the number of cores
#   max_batch_tokens: 4096
#   batch_time: 20ms
#   max_in_flight: 1024

notify:
  - kind: console
  # - kind: slack
  #   webhook_url: \${SLACK_WEBHOOK_URL}
  #   timeout: 10s
  # - kind: webhook
  #   name: operations
  #   url: https://ops.example.com/hooks/barograph
  #   headers:
  #     Authorization: Bearer \${OPS_TOKEN}
  #   secret: \${OPS_SECRET}  # signs the body: X-Barograph-Signature, HMAC-SHA256
  #   timeout: 10s

# web:
#   host: 127.0.0.1
#   port: 7373

# logging:
#   level: info
`;

/** Images that everybody knows, as they could be described: name, stars, thousands of recent pulls, one line. */
const TABLE = `
nginx | 19800 | 9000 | Web server, reverse proxy and load balancer for HTTP, TCP and mail
httpd | 4700 | 1200 | The Apache HTTP web server
traefik | 3300 | 2500 | Edge router and reverse proxy that configures itself from containers
haproxy | 1900 | 900 | Fast and reliable TCP and HTTP load balancer
caddy | 800 | 700 | Web server with automatic HTTPS certificates
envoyproxy/envoy | 600 | 800 | Layer 7 proxy for service meshes and edges
varnish | 300 | 120 | HTTP accelerator that caches pages in front of a web site
squid-cache/squid | 90 | 60 | Forward proxy that caches what browsers fetch
redis | 12900 | 8000 | In-memory key-value store, cache and message queue
memcached | 2300 | 1500 | Distributed in-memory object cache
valkey/valkey | 250 | 900 | In-memory data store, a fork of Redis under a free licence
postgres | 14000 | 8500 | Object-relational SQL database system known for reliability and data integrity
mysql | 15500 | 4000 | Widely used relational SQL database
mariadb | 5900 | 2600 | Relational SQL database, a community fork of MySQL
mongo | 10300 | 3500 | Document database for high availability and easy scaling
mongo-express | 1500 | 300 | Web-based admin interface for MongoDB
couchdb | 600 | 40 | Document database with an HTTP API and replication
cassandra | 1300 | 150 | Distributed wide-column database without a single point of failure
neo4j | 1500 | 200 | Graph database with the Cypher query language
influxdb | 1900 | 500 | Time series database for metrics and events
timescale/timescaledb | 500 | 300 | Time series extension for PostgreSQL
clickhouse/clickhouse-server | 450 | 700 | Column-oriented database for online analytics
cockroachdb/cockroach | 300 | 150 | Distributed SQL database that survives failures
arangodb | 250 | 30 | Multi-model database for documents and graphs
rethinkdb | 620 | 10 | Database that pushes changes to applications in realtime
elasticsearch | 6500 | 1500 | Distributed search and analytics engine
opensearchproject/opensearch | 300 | 400 | Search and analytics suite forked from Elasticsearch
kibana | 2700 | 500 | Dashboards and visualization for Elasticsearch data
logstash | 2200 | 300 | Pipeline that collects, transforms and ships logs
solr | 1300 | 150 | Enterprise search platform built on Lucene
getmeili/meilisearch | 250 | 300 | Typo-tolerant full-text search engine with a simple API
typesense/typesense | 60 | 80 | Fast search engine with typo tolerance
rabbitmq | 5100 | 2400 | Message broker that speaks AMQP, MQTT and STOMP
apache/kafka | 300 | 900 | Distributed event streaming platform
nats | 800 | 400 | Lightweight messaging system for cloud native applications
eclipse-mosquitto | 1600 | 600 | MQTT broker for devices and sensors
apache/activemq-classic | 50 | 40 | Java message broker with JMS
apachepulsar/pulsar | 110 | 60 | Distributed publish-subscribe messaging with tiered storage
zookeeper | 1500 | 500 | Coordination service for distributed systems
consul | 1500 | 300 | Service discovery, configuration and health checks
hashicorp/vault | 1400 | 450 | Secrets management and encryption as a service
etcd/etcd | 200 | 500 | Distributed key-value store for shared configuration
node | 14100 | 7000 | JavaScript runtime built on V8
python | 10200 | 9000 | Interpreted, object-oriented programming language
golang | 5100 | 3600 | Compiler and tools of the Go programming language
openjdk | 4100 | 700 | Java development kit, replaced by Eclipse Temurin
eclipse-temurin | 600 | 2400 | Java runtime and development kit built by Adoptium
ruby | 2400 | 900 | Dynamic programming language focused on simplicity
php | 7900 | 2200 | Scripting language for the web
rust | 1300 | 900 | Compiler and Cargo of the Rust programming language
perl | 400 | 60 | Perl programming language interpreter
elixir | 400 | 100 | Functional language for scalable applications on the Erlang VM
erlang | 350 | 60 | Runtime for concurrent and fault-tolerant systems
haskell | 350 | 20 | Haskell compiler and the Stack build tool
julia | 300 | 40 | Programming language for technical computing
swift | 450 | 60 | Compiler of the Swift programming language
r-base | 350 | 60 | R for statistical computing
gcc | 900 | 250 | GNU compiler collection for C, C++ and Fortran
dotnet/sdk | 700 | 1600 | Everything to build and test .NET applications
dotnet/aspnet | 500 | 1700 | Runtime for ASP.NET Core web applications
denoland/deno | 250 | 130 | JavaScript and TypeScript runtime that is secure by default
oven/bun | 300 | 400 | JavaScript runtime, bundler, test runner and package manager in one
maven | 1900 | 900 | Build automation and dependency management for Java
gradle | 700 | 500 | Build tool for Java, Kotlin and Android
composer | 1200 | 600 | Dependency manager for PHP
jupyter/notebook | 900 | 250 | Notebooks for interactive data science with Python
pytorch/pytorch | 1300 | 700 | Machine learning framework with GPU tensors
tensorflow/tensorflow | 2500 | 400 | Platform for machine learning
ollama/ollama | 1300 | 900 | Runs large language models on your own machine
apache/spark | 250 | 200 | Engine for large-scale data processing
apache/airflow | 600 | 500 | Schedules and monitors data workflows
apache/superset | 300 | 150 | Data exploration and dashboards for business intelligence
metabase/metabase | 900 | 400 | Business intelligence dashboards that let everybody ask questions of data
apache/flink | 150 | 80 | Stateful computations over data streams
minio/minio | 1900 | 1500 | Object storage compatible with Amazon S3
nextcloud | 4300 | 900 | File sync and share platform you host yourself
owncloud/server | 700 | 60 | Private cloud for files, calendars and contacts
syncthing/syncthing | 500 | 200 | Continuous file synchronization between computers
wordpress | 5900 | 1400 | Blog and content management system
ghost | 1700 | 200 | Publishing platform for blogs and newsletters
drupal | 1100 | 90 | Content management system for ambitious sites
joomla | 500 | 60 | Content management system with extensions
mediawiki | 600 | 70 | Wiki engine behind Wikipedia
requarks/wiki | 700 | 150 | Modern wiki with a visual editor
bookstack/bookstack | 200 | 60 | Documentation wiki organised in books and chapters
grafana/grafana | 3200 | 4000 | Dashboards and alerting for metrics and logs
grafana/loki | 500 | 1500 | Log aggregation system inspired by Prometheus
grafana/tempo | 100 | 300 | Distributed tracing backend
grafana/promtail | 200 | 900 | Agent that ships logs to Loki
prom/prometheus | 2000 | 3000 | Monitoring system and time series database
prom/alertmanager | 400 | 1500 | Groups, silences and routes alerts of Prometheus
prom/node-exporter | 600 | 2600 | Exports hardware and kernel metrics of a machine
prom/pushgateway | 200 | 500 | Accepts metrics of batch jobs for Prometheus
jaegertracing/all-in-one | 250 | 500 | Distributed tracing with collector, storage and interface in one
otel/opentelemetry-collector | 100 | 600 | Receives, processes and exports telemetry
telegraf | 800 | 400 | Agent that collects and reports metrics
fluent/fluentd | 350 | 300 | Collects logs from everywhere and routes them
fluent/fluent-bit | 300 | 900 | Lightweight log processor and forwarder
zabbix/zabbix-server-mysql | 300 | 150 | Monitoring of networks and servers, with MySQL
netdata/netdata | 700 | 250 | Realtime performance monitoring of systems
louislam/uptime-kuma | 900 | 700 | Uptime monitoring with status pages and notifications
sonarqube | 1900 | 700 | Continuous inspection of code quality and security
jenkins/jenkins | 4000 | 1800 | Automation server for continuous integration and delivery
gitea/gitea | 1300 | 700 | Lightweight Git hosting with issues and pull requests
forgejo/forgejo | 200 | 250 | Git forge, a community fork of Gitea
gitlab/gitlab-ce | 4000 | 600 | Complete DevOps platform, community edition
gitlab/gitlab-runner | 900 | 900 | Runs jobs of GitLab pipelines
drone/drone | 600 | 40 | Container native continuous delivery platform
concourse/concourse | 150 | 60 | Pipeline-based continuous integration
argoproj/argocd | 250 | 700 | GitOps continuous delivery for Kubernetes
fluxcd/flux | 60 | 60 | GitOps operator for Kubernetes
registry | 3900 | 2500 | Distribution of container images: the reference registry
goharbor/harbor-core | 100 | 200 | Core service of the Harbor registry
sonatype/nexus3 | 1500 | 400 | Repository manager for artifacts of many formats
portainer/portainer-ce | 2300 | 1200 | Web interface to manage containers
containrrr/watchtower | 1500 | 900 | Updates running containers when their images change
docker | 2900 | 2500 | Docker in Docker
docker/compose | 100 | 60 | Defines and runs applications of several containers
bitnami/kubectl | 300 | 900 | Command line tool for Kubernetes clusters
rancher/k3s | 250 | 250 | Lightweight Kubernetes distribution
kindest/node | 100 | 150 | Node image for running Kubernetes in containers
ingress-nginx/controller | 250 | 1800 | Ingress controller for Kubernetes using NGINX as reverse proxy and load balancer
nginx/nginx-ingress | 150 | 300 | Ingress controller of NGINX Inc. for Kubernetes
nginxinc/nginx-unprivileged | 250 | 600 | NGINX that runs as an unprivileged user
nginxproxy/nginx-proxy | 700 | 400 | Automated reverse proxy for containers using docker-gen
jc21/nginx-proxy-manager | 1200 | 800 | Manages reverse proxy hosts with free certificates and a pretty interface
nginxinc/nginx-ldap-auth | 40 | 20 | Authenticates requests to NGINX against LDAP
certbot/certbot | 400 | 250 | Gets certificates from Let's Encrypt
keycloak/keycloak | 700 | 900 | Identity and access management with single sign-on
authelia/authelia | 300 | 250 | Single sign-on portal with two-factor authentication
goauthentik/server | 200 | 250 | Identity provider focused on flexibility
osixia/openldap | 900 | 200 | LDAP directory server
oauth2-proxy/oauth2-proxy | 200 | 300 | Reverse proxy that authenticates with OAuth2 providers
vaultwarden/server | 1400 | 700 | Password manager server compatible with Bitwarden
alpine | 11200 | 9500 | Minimal image of five megabytes with a package index
ubuntu | 17100 | 7800 | Linux operating system based on Debian
debian | 5200 | 4000 | Linux distribution of free and open-source software
busybox | 3400 | 4500 | Base of many Unix tools in one small binary
fedora | 1300 | 300 | Linux distribution with the latest of free software
centos | 7700 | 300 | Enterprise Linux, end of life
rockylinux | 300 | 300 | Community enterprise Linux, compatible with RHEL
almalinux | 200 | 300 | Enterprise Linux by its community
archlinux | 600 | 150 | Simple and lightweight rolling-release Linux
opensuse/leap | 250 | 80 | Stable Linux distribution by openSUSE
amazonlinux | 1300 | 400 | Linux for Amazon Web Services
gcr/distroless-static | 100 | 500 | Image without a shell for static binaries
scratch | 500 | 10 | An explicitly empty image
hello-world | 2500 | 1100 | Prints a greeting, to see that everything works
curlimages/curl | 300 | 500 | Command line tool to transfer data with URLs
linuxserver/jellyfin | 600 | 400 | Media server for films, series and music
linuxserver/plex | 1200 | 350 | Streams your media to every device
linuxserver/transmission | 900 | 150 | BitTorrent client with a web interface
linuxserver/wireguard | 900 | 400 | VPN that is fast and modern
homeassistant/home-assistant | 2600 | 900 | Home automation that puts privacy first
pihole/pihole | 3400 | 900 | Blocks advertisements for a whole network by DNS
coredns/coredns | 200 | 1200 | DNS server that chains plugins
adguard/adguardhome | 1200 | 500 | Network-wide software for blocking ads and tracking
postfix/postfix | 60 | 40 | Mail transfer agent
mailhog/mailhog | 400 | 200 | Catches mail for testing
axllent/mailpit | 150 | 400 | Catches and shows mail sent by software under development
adminer | 1100 | 400 | Database management in one PHP file
phpmyadmin | 1400 | 500 | Web interface for MySQL and MariaDB
dpage/pgadmin4 | 1500 | 800 | Administration of PostgreSQL
bitnami/pgbouncer | 100 | 200 | Connection pooler for PostgreSQL
liquibase | 150 | 80 | Tracks and applies changes of database schemas
flyway/flyway | 300 | 200 | Database migrations made easy
selenium/standalone-chrome | 500 | 500 | Browser automation with Chrome
cypress/included | 100 | 150 | End-to-end tests in browsers
grafana/k6 | 150 | 250 | Load testing with scripts in JavaScript
owasp/zap2docker-stable | 250 | 60 | Finds vulnerabilities in web applications
aquasec/trivy | 150 | 700 | Scans images for vulnerabilities
anchore/syft | 50 | 100 | Makes a software bill of materials of an image
n8nio/n8n | 900 | 700 | Workflow automation with hundreds of integrations
nodered/node-red | 800 | 200 | Low-code programming for event-driven applications
rocket.chat | 800 | 60 | Team chat you host yourself
mattermost/mattermost-team-edition | 200 | 80 | Messaging for teams, an alternative to Slack
redmine | 1300 | 90 | Project management with issues and time tracking
odoo | 1300 | 200 | Suite of business apps with accounting and inventory
paperlessngx/paperless-ngx | 300 | 150 | Scans, indexes and archives paper documents
immich/immich-server | 250 | 400 | Backup of photos and videos from phones
`

/** An image that everybody knows. */
export interface KnownImage {
  /** With its namespace. */
  readonly name: string
  readonly stars: number
  readonly recentPulls: number
  readonly description: string
}

export const KNOWN_IMAGES: readonly KnownImage[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [name = '', stars = '', thousands = '', description = ''] = line.split(' | ')
    return {
      name: name.includes('/') ? name : `library/${name}`,
      stars: Number(stars),
      recentPulls: Number(thousands) * 1_000,
      description,
    }
  })

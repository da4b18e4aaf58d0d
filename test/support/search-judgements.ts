/** How a query says what it wants. */
export type QueryKind = 'name' | 'namespace/name' | 'beginning' | 'purpose' | 'misspelling' | 'part' | 'qualifier'

/** What a person who types this wants to see first; several where people would be content with any of them. */
export interface Judgement {
  readonly kind: QueryKind
  readonly query: string
  readonly best: readonly string[]
}

/** Written down from what people want, before any of it was tried. */
const TABLE = `
name | nginx | library/nginx
name | postgres | library/postgres
name | redis | library/redis
name | Node | library/node
name | python | library/python
name | golang | library/golang
name | alpine | library/alpine
name | ubuntu | library/ubuntu
name | registry | library/registry
name | docker | library/docker
name | mongo | library/mongo
name | vault | hashicorp/vault
name | keycloak | keycloak/keycloak
name | grafana | grafana/grafana
name | prometheus | prom/prometheus
name | node-exporter | prom/node-exporter
name | node exporter | prom/node-exporter
name | nginx-proxy-manager | jc21/nginx-proxy-manager
name | rocket.chat | library/rocket.chat
name | minio | minio/minio
namespace/name | prom/prometheus | prom/prometheus
namespace/name | library/nginx | library/nginx
namespace/name | grafana/loki | grafana/loki
namespace/name | nginxinc/nginx-unprivileged | nginxinc/nginx-unprivileged
namespace/name | jc21/nginx-proxy-manager:2 | jc21/nginx-proxy-manager
namespace/name | linuxserver/plex | linuxserver/plex
beginning | postg | library/postgres
beginning | elastic | library/elasticsearch
beginning | kafk | apache/kafka
beginning | promet | prom/prometheus
beginning | rabbit | library/rabbitmq
beginning | jelly | linuxserver/jellyfin
beginning | word | library/wordpress
beginning | home-ass | homeassistant/home-assistant
purpose | message broker | library/rabbitmq
purpose | reverse proxy | library/nginx, library/traefik
purpose | sql database | library/postgres, library/mysql, library/mariadb
purpose | load balancer | library/nginx, library/haproxy
purpose | time series database | library/influxdb, prom/prometheus
purpose | object storage s3 | minio/minio
purpose | single sign-on | keycloak/keycloak
purpose | password manager | vaultwarden/server
purpose | continuous integration | jenkins/jenkins
purpose | secrets management | hashicorp/vault
purpose | graph database | library/neo4j
purpose | mqtt broker | library/eclipse-mosquitto, library/rabbitmq
purpose | kubernetes ingress controller | ingress-nginx/controller
purpose | a wiki for documentation | bookstack/bookstack
purpose | web server | library/nginx, library/httpd, library/caddy
purpose | log aggregation | grafana/loki
purpose | scan images for vulnerabilities | aquasec/trivy
purpose | git hosting | gitea/gitea
purpose | large language models | ollama/ollama
purpose | media server | linuxserver/jellyfin
misspelling | ngnix | library/nginx
misspelling | nginxx | library/nginx
misspelling | postgers | library/postgres
misspelling | postgress | library/postgres
misspelling | rediss | library/redis
misspelling | pyhton | library/python
misspelling | ubunut | library/ubuntu
misspelling | alpnie | library/alpine
misspelling | kuberentes | ingress-nginx/controller, argoproj/argocd, bitnami/kubectl, rancher/k3s, kindest/node
misspelling | promethius | prom/prometheus
misspelling | grafanna | grafana/grafana
misspelling | elasticsaerch | library/elasticsearch
misspelling | elastisearch | library/elasticsearch
misspelling | keyclock | keycloak/keycloak
misspelling | trafik | library/traefik
misspelling | mogno | library/mongo
misspelling | rabitmq | library/rabbitmq
misspelling | jenkens | jenkins/jenkins
misspelling | wordpres | library/wordpress
misspelling | mesage broker | library/rabbitmq
misspelling | revers proxi | library/nginx, library/traefik
part | sql | library/postgres, library/mysql, library/mariadb
part | bouncer | bitnami/pgbouncer
part | search | library/elasticsearch
part | admin | library/adminer, library/phpmyadmin, dpage/pgadmin4
part | linux | library/ubuntu, library/debian, library/archlinux, library/amazonlinux
part | hole | pihole/pihole
part | warden | vaultwarden/server
qualifier | nginx org:nginxinc | nginxinc/nginx-unprivileged, nginxinc/nginx-ldap-auth
qualifier | proxy is:official | library/nginx, library/traefik, library/haproxy
qualifier | database stars:>10000 | library/postgres, library/mysql, library/mongo
qualifier | org:grafana | grafana/grafana
qualifier | nginx type:helm | bitnami/nginx
qualifier | web label:team=payments | payments/web
`

export const JUDGEMENTS: readonly Judgement[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [kind = '', query = '', best = ''] = line.split(' | ')
    return { kind: kind as QueryKind, query, best: best.split(', ') }
  })

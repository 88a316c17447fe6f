#!/usr/bin/env bash
# Gives one process of Rollcall the rights that it needs on a Kafka with access lists, and no more: docs/how-to/deploy.md
#   deploy/kafka-acls.sh ingress|worker|commands|rebuild PRINCIPAL OPTION...
# PRINCIPAL as Kafka writes it (User:rollcall); every OPTION is handed to kafka-acls.sh: --bootstrap-server HOST:PORT,
# --command-config FILE. Variables: KAFKA_TOPIC_PREFIX as the processes have it; CREATE_TOPICS=false for an installation
# with `kafka.create_topics: false`; KAFKA_ACLS, the command to call (default: kafka-acls.sh).
set -euo pipefail

# As schemas/topics.py has them; a test compares.
ALL="zoom.events.raw.v1 zoom.events.raw.v1.dlq zoom.events.quarantine.v1 zoom.lookups.v1 zoom.lookups.v1.dlq
  zoom.lookups.bulk.v1 zoom.lookups.bulk.v1.dlq zoom.lookup-results.v1 zoom.lookup-results.v1.dlq attendance.ticks.v1
  attendance.ticks.v1.dlq attendance.results.v1 attendance.results.v1.dlq attendance.sessions.v1 engagement.scores.v1
  engagement.candidates.v1 engagement.ticks.v1 engagement.ticks.v1.dlq engagement.resyncs.v1 engagement.resyncs.v1.dlq
  brevo.commands.v1 brevo.commands.v1.dlq brevo.commands.bulk.v1 brevo.commands.bulk.v1.dlq
  brevo.results.v1 brevo.results.v1.dlq brevo.events.v1 brevo.events.v1.dlq ops.audit.v1 ops.workers.v1 ops.letters.v1
  ops.replays.v1 ops.setup.v1 ops.erasures.v1 ops.erasures.v1.dlq
  ops.states.v1"
INGRESS_WRITES="zoom.events.raw.v1 zoom.events.quarantine.v1 brevo.events.v1"
WORKER_READS="zoom.events.raw.v1 zoom.lookups.v1 zoom.lookups.bulk.v1 zoom.lookup-results.v1 attendance.ticks.v1
  attendance.results.v1 engagement.ticks.v1 engagement.resyncs.v1
  brevo.commands.v1 brevo.commands.bulk.v1 brevo.results.v1 brevo.events.v1 ops.erasures.v1
  ops.states.v1"
WORKER_WRITES="zoom.events.raw.v1 zoom.events.raw.v1.dlq zoom.events.quarantine.v1 zoom.lookups.v1 zoom.lookups.v1.dlq zoom.lookups.bulk.v1 zoom.lookups.bulk.v1.dlq
  zoom.lookup-results.v1 zoom.lookup-results.v1.dlq attendance.ticks.v1 attendance.ticks.v1.dlq attendance.results.v1
  attendance.results.v1.dlq attendance.sessions.v1 engagement.scores.v1 engagement.candidates.v1 engagement.ticks.v1
  engagement.ticks.v1.dlq engagement.resyncs.v1 engagement.resyncs.v1.dlq
  brevo.commands.v1 brevo.commands.v1.dlq brevo.commands.bulk.v1 brevo.commands.bulk.v1.dlq
  brevo.results.v1 brevo.results.v1.dlq brevo.events.v1 brevo.events.v1.dlq ops.audit.v1 ops.workers.v1 ops.letters.v1
  ops.replays.v1 ops.erasures.v1 ops.erasures.v1.dlq"
# A dead letter is sent again to the topic that it is of.
COMMANDS_WRITE="$WORKER_READS ops.audit.v1 ops.letters.v1 ops.replays.v1 ops.setup.v1 attendance.sessions.v1
  engagement.scores.v1 engagement.candidates.v1"
# What a switch tells, and what a rebuild asks Zoom.
REBUILD_WRITES="zoom.lookups.bulk.v1 attendance.results.v1 attendance.sessions.v1 engagement.scores.v1
  engagement.resyncs.v1 ops.audit.v1 ops.states.v1"
# The consumer group, and how the names of the tables' changelogs and of the transactional ids begin.
WORKER=rollcall-worker
REBUILD=rollcall-rebuild

usage() { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
process=$1 principal=$2 prefix=${KAFKA_TOPIC_PREFIX:-}
shift 2
read -ra tool <<<"${KAFKA_ACLS:-kafka-acls.sh}"
connection=("$@")

# allow "Operation..." "topic..." [more arguments]
allow() {
  local arguments=() operation topic
  for operation in $1; do arguments+=(--operation "$operation"); done
  for topic in $2; do arguments+=(--topic "$prefix$topic"); done
  "${tool[@]}" "${connection[@]}" --add --allow-principal "$principal" "${arguments[@]}" "${@:3}"
}

look="Describe Create"
[ "${CREATE_TOPICS:-true}" != false ] || look=Describe
case $process in
  ingress)
    allow "$look Write" "$INGRESS_WRITES"
    ;;
  worker)
    allow "$look" "$ALL"
    allow Write "$WORKER_WRITES"
    allow Read "$WORKER_READS" --group "$prefix$WORKER"
    allow "$look Read Write" "$WORKER-" --resource-pattern-type prefixed
    allow Write "" --transactional-id "$prefix$WORKER-" --resource-pattern-type prefixed
    ;;
  commands)
    allow Read "$ALL"
    allow Read "$WORKER-" --resource-pattern-type prefixed
    allow Write "$COMMANDS_WRITE"
    # A replay waits while the workers are behind, and until they have handled it.
    allow Describe "" --group "$prefix$WORKER"
    ;;
  rebuild)
    allow "$look Read" "$ALL"
    allow Write "$REBUILD_WRITES"
    allow Read "" --group "$prefix$WORKER"
    allow Read "" --group "$prefix$REBUILD." --resource-pattern-type prefixed
    allow "$look Read Write Delete" "$WORKER-" --resource-pattern-type prefixed
    allow "$look Read Write Delete" "rebuild." --resource-pattern-type prefixed
    allow Write "" --transactional-id "$prefix$WORKER-" --resource-pattern-type prefixed
    ;;
  *) usage ;;
esac

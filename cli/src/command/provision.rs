//! `defenderauth provision`

use crate::{
    certificates::registration::{RequestOptions, Requested},
    files::private_file,
    input::{finding, text_file::TextFile},
    login::{
        hub::{self, Refused},
        registered::Registered,
        run,
    },
    network::{
        endpoint::{Endpoint, ServiceEndpoint},
        options::{Carrier, Transport, Trust, Way},
        route::Network,
    },
    private_key::{name, options::Unlock},
    terminal::{failure::Failure, shell},
    tpm::{keys::Keys, options::Tpm},
};
use clap::{ArgGroup, Args};
use defender_auth::{
    Error, Outcome, Plan, SharedAccessKey, agent,
    dps::{Attestation, Profile},
    http::{ApiVersion, OperationId},
    identity::{HostName, IdScope, Identity, RegistrationId},
    mqtt::Connect,
    payload::Payload,
    private_key::Location,
    x509::Purpose,
};
use defender_auth_mqtt::Session;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(group = ArgGroup::new("key").required(true).multiple(true).args([
    "key_file", "group_key_file", "cert_file", "tpm",
]))]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Provision {
    /// The ID scope of the provisioning service
    #[arg(long, value_name = "SCOPE")]
    id_scope: IdScope,
    /// The registration ID; with --tpm it may be omitted, and is then the one that `tpm show` prints
    #[arg(long, value_name = "ID", required_unless_present = "tpm")]
    registration_id: Option<RegistrationId>,
    /// The file with the key of the individual enrollment, or with the key derived for this registration ID; with
    /// --cert-file, the certificate's private key: a file (PEM, also of a TPM), tpm:file=PATH,
    /// tpm:handle=0x81000005, keyd:id=KEY, pkcs11:… or unix:SOCKET
    #[arg(long, alias = "private-key-file", value_name = "FILE|URI", value_parser = name::parser(),
        conflicts_with_all = ["tpm", "tpm_setup", "group_key_file"])]
    key_file: Option<Location>,
    /// The file with the key of the enrollment group, from which the device's key is derived. For manufacturing: do not
    /// store it on devices
    #[arg(long, value_name = "FILE", conflicts_with_all = ["tpm", "tpm_setup", "cert_file"])]
    group_key_file: Option<PathBuf>,
    /// The device's certificate chain in PEM: leaf first, then intermediates
    #[arg(long, alias = "certificate-file", value_name = "PEM", requires = "key_file",
        conflicts_with_all = ["tpm", "tpm_setup"])]
    cert_file: Option<PathBuf>,
    #[command(flatten)]
    unlock: Unlock,
    #[command(flatten)]
    tpm: Tpm,
    /// The host of the provisioning service, if it is not the global one
    #[arg(long, value_name = "HOST")]
    service_host: Option<HostName>,
    /// Connect to ADDR:PORT instead of HOST (an emulator, a tunnel), which may be the service or the hub; the server's
    /// certificate must still name HOST. HOST:443 applies to HTTPS only, HOST:8883 to MQTT only. May be repeated; the last for
    /// a host counts
    #[arg(long = "endpoint", value_name = "HOST=ADDR:PORT")]
    endpoints: Vec<ServiceEndpoint>,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    way: Way,
    /// The model that the device implements (dtmi:…); IoT Central assigns the device template by it
    #[arg(long, value_name = "DTMI", conflicts_with = "payload_file")]
    model_id: Option<String>,
    /// The file with custom JSON for the allocation
    #[arg(long, value_name = "FILE")]
    payload_file: Option<PathBuf>,
    /// Look up the device's registration, and do not register it
    #[arg(long, conflicts_with_all = ["model_id", "payload_file"])]
    lookup: bool,
    /// Use the assigned hub's classic name (contoso.azure-devices.net) in tokens, and give the assigned one as that to
    /// connect to
    #[arg(long)]
    classic_hub_name: bool,
    /// The version of the provisioning service's interface [default: 2019-03-31, and 2025-07-01-preview to request a
    /// certificate]; 2026-11-02-preview tells the connection profile of the hub
    #[arg(long, value_name = "VERSION")]
    dps_api_version: Option<ApiVersion>,
    #[command(flatten)]
    request: RequestOptions,
    /// The protocol that carries the requests
    #[arg(long, value_enum, default_value = "https")]
    carrier: Carrier,
    /// Log in at the assigned hub, by the version of MQTT that its connection profile has
    #[arg(long)]
    connect: bool,
    /// The former name of --endpoint for the hub.
    #[arg(long, hide = true, value_name = "HOST=ADDR:PORT")]
    hub_endpoint: Vec<Endpoint>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the device's connection string, which holds its key, to this file (only its owner can read it; replaced in one
    /// step)
    #[arg(long, value_name = "FILE")]
    write_connection_string: Option<PathBuf>,
}

impl Provision {
    /// The provisioning service, if it is not the global one. Before there was `--service-host`, the only `--endpoint` named
    /// it.
    fn service_host(&self) -> Option<&HostName> {
        let named = match &*self.endpoints {
            [only] => Some(&only.host),
            _ => None,
        };
        self.service_host.as_ref().or(named)
    }

    /// The files that it reads.
    fn inputs(&self) -> impl Iterator<Item = &Path> {
        let Self { key_file, group_key_file, cert_file, payload_file, trust, way, .. } = self;
        let key = key_file.iter().filter_map(name::file);
        let others = [group_key_file, cert_file, payload_file, &trust.ca_file, &way.proxy_login_file];
        key.chain(others.into_iter().filter_map(Option::as_deref))
    }
}

pub(crate) fn run(arguments: &Provision) -> Result<(), Failure> {
    check(arguments)?;
    if let Some(path) = &arguments.write_connection_string {
        private_file::check_inputs(path, arguments.inputs())?;
        private_file::check(path)?;
    }
    let given = arguments.endpoints.iter().filter_map(|given| given.endpoint.as_ref());
    let endpoints: Vec<Endpoint> = given.chain(&arguments.hub_endpoint).cloned().collect();
    let network = Network::new(&arguments.trust, &endpoints, &arguments.way)?;
    let mut keys = arguments.tpm.open()?;
    let id = keys.registration_id(arguments.registration_id.as_ref())?;
    let (mut profile, attestation) = (profile(arguments, &id)?, attestation(arguments, &id, &mut keys)?);
    let mut requested = arguments.request.request(&id, &arguments.inputs().collect::<Vec<_>>(), &arguments.unlock)?;
    if let Some(requested) = &requested {
        profile = requested.add_to(profile);
    }
    let plan = Plan::provision(profile, attestation)?;
    let note = |operation: &OperationId| {
        if let Some(requested) = &mut requested {
            requested.sent_by(operation);
        }
    };
    let mut outcome = run::run_noting(&plan, &network, arguments.carrier, &mut keys, note)?;
    // A certificate is kept before anything else, because the service does not repeat it. The registration is reported
    // even if a file cannot be written; and the file is written, even if the report cannot.
    let (certificate, settled) = match requested.as_mut().map(|requested| requested.settle(&outcome)).transpose() {
        Ok(certificate) => (certificate, Ok(())),
        Err(failure) => (None, Err(failure)),
    };
    let login = arguments.connect.then(|| connect(arguments, &mut outcome, requested.as_ref(), &network, &mut keys));
    let (answer, connected) = match login {
        None => (None, Ok(())),
        Some(Ok(answer)) => {
            let connected = answer.as_ref().map_or_else(|refused| Err(refused.of(&outcome)), |()| Ok(()));
            (Some(answer), connected)
        }
        Some(Err(failure)) => (None, Err(failure)),
    };
    let written = write_connection_string(arguments, &outcome);
    Registered {
        scope: &arguments.id_scope,
        id: &id,
        outcome: &outcome,
        certificate: certificate.as_ref(),
        login: answer.as_ref(),
        next: arguments.tpm.endpoint.is_some().then(|| next(arguments, outcome.identity())),
    }
    .report(arguments.json, written.and(settled).and(connected))
}

fn write_connection_string(arguments: &Provision, outcome: &Outcome) -> Result<(), Failure> {
    let Some(path) = &arguments.write_connection_string else { return Ok(()) };
    let string = outcome.connection_string().ok_or_else(|| {
        Failure::Call(
            "the device is registered, but has no connection string: its ID contains a `;`, or its credential cannot \
             be written there"
                .into(),
        )
    })?;
    private_file::replace(path, string.expose().expose())
}

/// Logs in at the hub, with what was issued if the credential has no login there, and disconnects.
fn connect(
    arguments: &Provision,
    me: &mut Outcome,
    requested: Option<&Requested>,
    network: &Network,
    keys: &mut Keys,
) -> Result<Result<(), Refused>, Failure> {
    let requested = requested.filter(|_| me.requires_certificate());
    let mut issued = requested.map(|it| it.certified(me, &arguments.unlock)).transpose()?.flatten();
    let me = issued.as_mut().unwrap_or(me);
    let login = Connect::hub(me.identity(), None);
    Ok(hub::log_in(me, &login, network, keys)?.map(Session::close))
}

/// Combinations of arguments that cannot work.
fn check(arguments: &Provision) -> Result<(), Failure> {
    let has_tpm = arguments.tpm.endpoint.is_some();
    let over_mqtt = arguments.carrier == Carrier::Mqtt;
    let what = match arguments {
        _ if has_tpm && over_mqtt => {
            "a TPM registers over HTTPS only, because MQTT has no challenge; leave out --carrier mqtt"
        }
        Provision { lookup: true, .. } if has_tpm => {
            "a lookup has no challenge that a TPM could answer; leave out --lookup: registering again changes only the \
             hub's key in the TPM"
        }
        _ if !over_mqtt && !arguments.connect && arguments.way.transport != Transport::Mqtt => {
            "--transport is that of MQTT, and HTTPS carries this registration; add --carrier mqtt, or --connect"
        }
        Provision { lookup: true, .. } if over_mqtt => "--lookup uses HTTPS only; leave out --carrier mqtt",
        Provision { write_connection_string: Some(_), .. } if has_tpm => {
            "a connection string holds the key, which never leaves the TPM; leave out --write-connection-string, and \
             make tokens with `defenderauth token --tpm`"
        }
        _ => return Ok(()),
    };
    Err(Failure::Call(what.into()))
}

fn profile(arguments: &Provision, id: &RegistrationId) -> Result<Profile, Failure> {
    let mut profile = Profile::new(arguments.id_scope.clone(), id.clone());
    if let Some(host) = arguments.service_host() {
        profile = profile.with_endpoint(host.clone());
    }
    if let Some(model) = &arguments.model_id {
        profile = profile.with_payload(Payload::model_id(model));
    }
    if let Some(path) = &arguments.payload_file {
        let file = TextFile::open(path, Payload::LIMIT)?;
        let payload = Payload::parse(file.text_without_mark()).map_err(|error| Error::from(error).at(file.place()))?;
        profile = profile.with_payload(payload);
    }
    if let Some(version) = &arguments.dps_api_version {
        profile = profile.with_api_version(version.clone());
    }
    if arguments.classic_hub_name {
        profile = profile.with_classic_hub_name();
    }
    Ok(if arguments.lookup { profile.lookup_only(true) } else { profile })
}

/// The device's key, given or derived; its certificate; or its TPM.
fn attestation(arguments: &Provision, id: &RegistrationId, keys: &mut Keys) -> Result<Attestation, Failure> {
    let key = |path: &Path| -> Result<SharedAccessKey, Failure> {
        let (key, findings) = agent::key_file(path)?;
        finding::warn(findings);
        Ok(key)
    };
    match arguments {
        Provision { cert_file: Some(file), key_file: Some(key), .. } => {
            Ok(arguments.unlock.read(Some(key))?.certificate(file, key, Purpose::Provisioning(id))?.into())
        }
        Provision { key_file: Some(Location::File(path)), .. } => Ok(key(path)?.into()),
        Provision { key_file: Some(_), .. } => {
            let what = "--key-file names the private key of a certificate; give its certificate with --cert-file";
            Err(Failure::Call(what.into()))
        }
        Provision { group_key_file: Some(path), .. } => Ok(key(path)?.derive(id).into()),
        _ if arguments.tpm.endpoint.is_some() => Ok(keys.attestation()?),
        // clap requires one of them.
        _ => Err(Failure::Call("no credential is given; give --key-file".into())),
    }
}

/// The command that makes tokens for other programs: the key stays in the TPM.
fn next(arguments: &Provision, identity: &Identity) -> String {
    let whose = ["--host-name", identity.endpoint().as_str(), "--device-id", identity.device_id().as_str()];
    let tpm = arguments.tpm.again();
    let words = ["defenderauth", "token"].into_iter().chain(tpm.iter().map(String::as_str)).chain(whose);
    words.chain(["--ttl", "1h"]).map(shell::quoted).collect::<Vec<_>>().join(" ")
}

//! Which names of arguments and properties say that their value is a secret.
//!
//! A name is split into words (`dbPassword`, `db-password` and `DB_PASSWORD` are the same two words) and
//! judged by them, because a part of a word says nothing: `tokenizer` and `secretary` hold no secret, and
//! `token_type` is about a token. A name too many costs a look into the table at a resume; a name too few
//! costs a password, so the list is wide.

use std::collections::BTreeSet;

/// Arguments that are never secret: tasks and runs are named by them.
const NEVER: [&str; 4] = [
    "business_unit",
    "data_source",
    crate::pipeline::TOKEN_ARGUMENT,
    crate::pipeline::LOGICAL_START_ARGUMENT,
];

/// Words whose value is a secret, unless a word of [`ABOUT`] follows.
const SECRET: &str = "\
    password passwords passwd passphrase passcode passkey pwd pswd pw secret secrets credential \
    credentials cred creds token jwt bearer authorization authorisation apikey cookie otp salt \
    pepper signature keytab dsn authheader passwort";

/// Endings of a word that are written together with what is before them: `dbpassword`, `authtoken`.
const ENDINGS: &str = "\
    password passwd passphrase pwd secret credential credentials token apikey privatekey accesskey";

/// `mysqlpass` is a password, `bypass` and `compass` are not.
const BEFORE_PASS: &str = "\
    db my mysql sql pg postgres ora oracle user admin root ftp sftp smtp my";

/// Words that make a `key` next to them a secret; any other key is one of a table.
const KEY_OF: &str = "\
    access aes api app auth cipher crypto dec decrypt decryption deploy enc encrypt encryption gpg \
    hmac license master pem pgp private rsa secret service shared sign signing ssh ssl storage tls \
    webhook";

/// Words behind a secret's name that say that the value only describes the secret.
const ABOUT: &str = "\
    algorithm alias arn class column columns count days enabled endpoint expiration expires expiry \
    field fields file folder format hint host kind length limit mode name path policy provider ring \
    scope seconds source store table ttl type types uri url user username vault version";

/// The names of secrets: those that look so, and those that are known to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretNames {
    known: BTreeSet<String>,
}

impl SecretNames {
    /// Adds names that do not look so: the profile lists them, or the pipeline uses them as passwords.
    pub fn extend(&mut self, names: impl IntoIterator<Item = String>) {
        self.known
            .extend(names.into_iter().map(|name| name.to_lowercase()));
    }

    /// The names that were added, in lower case.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// Whether tasks or runs are named by its value, so that it is shown whatever it is.
    pub(super) fn is_never_secret(name: &str) -> bool {
        NEVER.iter().any(|never| never.eq_ignore_ascii_case(name))
    }

    /// Whether the value of this name is a secret.
    pub fn contains(&self, name: &str) -> bool {
        !Self::is_never_secret(name) && (looks_secret(name) || self.known.contains(&name.to_lowercase()))
    }
}

/// Whether a name looks as if its value were a secret.
pub fn looks_secret(name: &str) -> bool {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    !SecretNames::is_never_secret(name)
        && (0..words.len()).any(|place| {
            let is_about = words[place + 1..].iter().any(|word| is_in(ABOUT, word));
            // An address with a shared access signature is one of its own.
            (!is_about || words[place] == "sas") && is_secret_at(&words, place)
        })
}

/// Whether a pipeline's property of this name holds a password and nothing else. An address that may
/// have one in it holds hosts and databases too.
pub fn is_password_property(name: &str) -> bool {
    let words = words(name);
    let is_address = words
        .last()
        .is_some_and(|word| word.ends_with("string") || word == "dsn" || word == "str");
    looks_secret(name) && !is_address
}

fn is_in(list: &str, word: &str) -> bool {
    list.split(' ').any(|listed| listed == word)
}

fn is_secret_at(words: &[&str], place: usize) -> bool {
    let word = words[place];
    let before = place.checked_sub(1).map_or("", |place| words[place]);
    let after = words.get(place + 1).copied().unwrap_or_default();
    match word {
        // `pass_through` and `first_pass` are no passwords; `pass_prod` is one.
        "pass" => {
            !matches!(
                after,
                "through" | "thru" | "count" | "rate" | "fail" | "number" | "on"
            ) && !matches!(
                before,
                "first" | "second" | "third" | "single" | "two" | "multi" | "boarding" | "by"
            )
        }
        "key" | "keys" => {
            let qualifies = |word: &str| is_in(KEY_OF, word);
            let is_public = words.contains(&"public");
            // Of an access key, the id is no secret.
            !is_public && after != "id" && (qualifies(before) || (before != "primary" && qualifies(after)))
        }
        // `page_token` and `token_id` would be harmless; `csrf_token` is not.
        "token" => !matches!(before, "page" | "continuation" | "next" | "sync"),
        "auth" => before == "basic" || matches!(after, "header" | "string"),
        "string" | "str" => matches!(before, "connection" | "conn" | "connect"),
        "connectionstring" => true,
        "sas" => words.len() == 1 || after == "url" || after == "uri",
        // A service account as JSON holds its private key.
        "json" => {
            words.windows(2).any(|pair| pair == ["service", "account"])
                || before == "keyfile"
                || before == "credentials"
        }
        _ if is_in(SECRET, word) => true,
        _ => {
            ENDINGS.split(' ').any(|ending| word.ends_with(ending))
                || word
                    .strip_suffix("pass")
                    .is_some_and(|lead| is_in(BEFORE_PASS, lead))
                || word.strip_suffix("key").is_some_and(|lead| is_in(KEY_OF, lead))
        }
    }
}

/// The words of a name in lower case: split at everything that is not a letter or a digit, where a
/// capital follows a small letter, and before the last of several capitals (`JDBCPassword`).
fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (place, &letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| letters[place]);
        let after = letters.get(place + 1);
        let begins = letter.is_uppercase()
            && before.is_some_and(|c| {
                c.is_lowercase()
                    || c.is_ascii_digit()
                    || (c.is_uppercase() && after.is_some_and(|c| c.is_lowercase()))
            });
        if (begins || !letter.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    // `password2` is the second password.
    for word in &mut words {
        let kept = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        if kept > 0 {
            word.truncate(kept);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in "\
            password db_password dbPassword DB-PASSWORD dbpassword JDBCPassword password2 passwd db_pwd \
            pwd userpwd pass mysql_pass mysqlpass pass_prod passphrase secret client_secret clientSecret \
            secretKey secret_id token auth_token accessToken csrftoken credential credentials jwt \
            authorization Authorization auth_header bearer access_key accesskey AWS_SECRET_ACCESS_KEY \
            DEC_KEY_GPG dec_key_gpg gpg_key private_key privateKey ssh_private_key apikey api_key \
            x-api-key sas sas_token sas_url signature connection_string connectionString \
            service_account_json serviceAccountJSON encryption_key signing_key hash_salt \
            source.db.password session_cookie keyfile_json mysql_root_pw"
            .split(' ')
        {
            assert!(looks_secret(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in "\
            token_type tokenizer tokenType max_tokens next_page_token tableKey table_key primary_key \
            primaryKey key key_column partition_key sort_key foreign_key business_key natural_keys \
            pass_through passThrough bypass compass first_pass secretary secret_name secret_path \
            vault_path password_file credentials_path token_url kms_key_name access_key_id public_key \
            gpg_public_key monkey author authority string source_fields watermark_column business_unit \
            data_source downbeat.token logical.start.time user username json dataset spawned \
            signature_type"
            .split(' ')
        {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn known_names_count_in_any_case_and_never_those_that_name_a_task() {
        let mut names = SecretNames::default();
        names.extend(["Db_Word".to_owned(), "business_unit".to_owned()]);
        assert!(names.contains("db_word") && names.contains("DB_WORD"));
        assert!(!names.contains("business_unit") && !names.contains("db_words"));
    }
}

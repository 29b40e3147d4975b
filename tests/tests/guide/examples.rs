//! The commands in the shell blocks of a guide.

/// Every command, without its comment: those that go over several lines are one. What starts a controller is for the reader.
pub fn commands(markdown: &str) -> Vec<String> {
    let (mut found, mut within, mut begun) = (Vec::new(), false, String::new());
    for line in markdown.lines() {
        match line {
            "```sh" => within = true,
            "```" => within = false,
            line if within => {
                let line = line.split("  #").next().unwrap_or_default().trim_end();
                match line.strip_suffix('\\') {
                    Some(part) => begun += part,
                    None => found.push(std::mem::take(&mut begun) + line),
                }
            }
            _ => {}
        }
    }
    found.retain(|command| !command.trim().is_empty() && !command.starts_with("taibai controller"));
    found
}

/// Whether two commands differ in nothing but what is written for people: names in quotation marks of their own language.
pub fn same_but_words(one: &str, other: &str) -> bool {
    let bare = |command: &str| {
        let mut words =
            command.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        if let Some(name) =
            words.iter().position(|word| word == "add").filter(|_| command.contains("token add"))
        {
            words.remove(name + 1);
        }
        words
    };
    bare(one) == bare(other)
}

/// RFC 4648, section 4.
pub fn from_base64(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        bits = bits << 6 | u32::from(value(byte));
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

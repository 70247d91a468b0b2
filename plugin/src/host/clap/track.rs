//! The track that the plugin is on.

use clack_extensions::track_info::{HostTrackInfo, PluginTrackInfoImpl, TrackInfoBuffer};

use crate::host::clap::Main;

impl PluginTrackInfoImpl for Main<'_> {
    fn changed(&self) {
        let Some(tracks) = self.host.get_extension::<HostTrackInfo>() else {
            return;
        };
        let (mut host, mut buffer) = (self.host, TrackInfoBuffer::new());
        let info = tracks.get(&mut host, &mut buffer);
        let name = info.and_then(|info| Some(String::from_utf8_lossy(info.name()?).into_owned()));
        *self.track.borrow_mut() = name.unwrap_or_default();
    }
}

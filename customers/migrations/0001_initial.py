import customers.models.tickets
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CannedReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('body', models.TextField(verbose_name='text')),
                ('topic', models.CharField(blank=True, choices=[('missing', 'It did not arrive'), ('damaged', 'Something is broken or spoilt'), ('wrong', 'Something is missing or wrong in the box'), ('change', 'I want to change something'), ('money', 'A charge or an invoice'), ('other', 'Something else')], help_text='Offered first there', max_length=10, verbose_name='topic')),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('changed_at', models.DateTimeField()),
                ('changed_by', models.CharField(max_length=120)),
            ],
            options={
                'verbose_name_plural': 'canned replies',
                'constraints': [models.UniqueConstraint(condition=models.Q(('archived_at', None)), fields=('name',), name='canned_reply_name')],
            },
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('active', 'Active'), ('blocked', 'Blocked'), ('merged', 'Merged into another'), ('erased', 'Erased')], default='active', max_length=10, verbose_name='state')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('company', models.CharField(blank=True, max_length=120, verbose_name='company')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('phone_digits', models.CharField(blank=True, editable=False, help_text='E.164 without the plus', max_length=20)),
                ('language', models.CharField(default='en-gb', max_length=10, verbose_name='language')),
                ('vat_id', models.CharField(blank=True, max_length=20, verbose_name='VAT id')),
                ('tags', models.JSONField(blank=True, default=list)),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('blocked_reason', models.CharField(blank=True, max_length=200, verbose_name='why blocked')),
                ('version', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(verbose_name='customer since')),
                ('blocked_at', models.DateTimeField(blank=True, null=True)),
                ('merged_at', models.DateTimeField(blank=True, null=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('newsletter', 'Newsletter'), ('sms', 'SMS'), ('feedback', 'Feedback requests')], max_length=20)),
                ('is_granted', models.BooleanField()),
                ('source', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField()),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='ChannelIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=40)),
                ('external_id', models.CharField(max_length=80)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='customers.customer')),
            ],
            options={
                'verbose_name_plural': 'channel identities',
            },
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('company', models.CharField(blank=True, max_length=120, verbose_name='company')),
                ('line1', models.CharField(blank=True, max_length=200, verbose_name='street')),
                ('line2', models.CharField(blank=True, max_length=200, verbose_name='street, continued')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='town')),
                ('region', models.CharField(blank=True, max_length=120, verbose_name='region')),
                ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('label', models.CharField(blank=True, max_length=40, verbose_name='label')),
                ('is_default', models.BooleanField(default=False, verbose_name='default')),
                ('created_at', models.DateTimeField()),
                ('replaced_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='customers.customer')),
            ],
            options={
                'verbose_name_plural': 'addresses',
            },
        ),
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order_number', models.CharField(max_length=20, unique=True, verbose_name='order')),
                ('contents', models.CharField(blank=True, max_length=300, verbose_name='products')),
                ('token', models.CharField(max_length=64, unique=True)),
                ('language', models.CharField(default='en-gb', max_length=10)),
                ('status', models.CharField(choices=[('asked', 'Asked'), ('given', 'Answered'), ('told', 'Fixed, told customer')], default='asked', max_length=5, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('expires_at', models.DateTimeField()),
                ('score', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='score')),
                ('given_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('reasons', models.JSONField(blank=True, default=list, verbose_name='reasons')),
                ('comment', models.TextField(blank=True, verbose_name='comment')),
                ('may_call', models.BooleanField(default=False, verbose_name='may be called')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='told')),
                ('told_by', models.CharField(blank=True, max_length=120)),
                ('answer', models.TextField(blank=True, verbose_name='our answer')),
                ('answers', models.PositiveSmallIntegerField(default=0)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='feedback', to='customers.customer')),
            ],
            options={
                'verbose_name_plural': 'feedback',
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=300, verbose_name='what to do')),
                ('due_on', models.DateField(verbose_name='when')),
                ('due_time', models.TimeField(blank=True, null=True, verbose_name='at')),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=120)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.CharField(blank=True, max_length=120)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='customers.customer')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'follow-up',
                'verbose_name_plural': 'follow-ups',
            },
        ),
        migrations.CreateModel(
            name='PersonalExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('dead_at', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('state', models.CharField(choices=[('waiting', 'Being made'), ('done', 'Ready'), ('ended', 'Deleted'), ('failed', 'Failed')], default='waiting', max_length=8, verbose_name='state')),
                ('done', models.PositiveSmallIntegerField(default=0)),
                ('total', models.PositiveSmallIntegerField(default=0)),
                ('file', models.CharField(blank=True, help_text='Name in the storage', max_length=200)),
                ('size', models.PositiveIntegerField(default=0, verbose_name='bytes')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='deleted')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('new', 'New'), ('open', 'Open'), ('waiting', 'Waiting for customer'), ('solved', 'Solved'), ('closed', 'Closed')], default='new', max_length=10, verbose_name='state')),
                ('subject', models.CharField(max_length=200, verbose_name='subject')),
                ('topic', models.CharField(choices=[('missing', 'It did not arrive'), ('damaged', 'Something is broken or spoilt'), ('wrong', 'Something is missing or wrong in the box'), ('change', 'I want to change something'), ('money', 'A charge or an invoice'), ('other', 'Something else')], default='other', max_length=10, verbose_name='topic')),
                ('priority', models.CharField(choices=[('low', 'Low'), ('normal', 'Normal'), ('high', 'High'), ('urgent', 'Urgent')], default='normal', max_length=8, verbose_name='priority')),
                ('channel', models.CharField(choices=[('status', 'Status page'), ('mail', 'E-mail'), ('staff', 'Staff'), ('phone', 'Phone')], max_length=8, verbose_name='came by')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('language', models.CharField(default='en-gb', max_length=10)),
                ('about', models.CharField(blank=True, help_text='SO-…, SUB-… or RT-…', max_length=40, verbose_name='about')),
                ('token', models.CharField(default=customers.models.tickets.new_token, editable=False, max_length=40, unique=True)),
                ('form_key', models.CharField(blank=True, editable=False, max_length=40, null=True, unique=True)),
                ('created_at', models.DateTimeField(verbose_name='opened')),
                ('last_in_at', models.DateTimeField(blank=True, null=True, verbose_name='customer wrote')),
                ('last_out_at', models.DateTimeField(blank=True, null=True, verbose_name='we answered')),
                ('first_answered_at', models.DateTimeField(blank=True, null=True, verbose_name='first answered')),
                ('waiting_at', models.DateTimeField(blank=True, null=True)),
                ('solved_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('answer_due_at', models.DateTimeField(blank=True, null=True, verbose_name='answer by')),
                ('solve_due_at', models.DateTimeField(verbose_name='solve by')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='target')),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tickets', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tickets', to='customers.customer')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='customers.ticket')),
            ],
        ),
        migrations.CreateModel(
            name='TicketMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('direction', models.CharField(choices=[('in', 'From the customer'), ('out', 'To the customer'), ('note', 'Note')], max_length=4)),
                ('author', models.CharField(max_length=254, verbose_name='author')),
                ('body', models.TextField(verbose_name='text')),
                ('quoted', models.TextField(blank=True, verbose_name='quoted text')),
                ('at', models.DateTimeField()),
                ('message_id', models.CharField(blank=True, max_length=255, null=True, unique=True)),
                ('form_key', models.CharField(blank=True, editable=False, max_length=40, null=True, unique=True)),
                ('is_automatic', models.BooleanField(default=False, verbose_name='written by a machine')),
                ('is_stranger', models.BooleanField(default=False, verbose_name='from another address')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('ticket', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='customers.ticket')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('written_to', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='written', to='customers.ticket')),
            ],
        ),
        migrations.CreateModel(
            name='TicketFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('content_type', models.CharField(max_length=100)),
                ('size', models.PositiveIntegerField(verbose_name='bytes')),
                ('sha256', models.CharField(max_length=64)),
                ('file', models.CharField(help_text='Name in the storage', max_length=200)),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='customers.ticketmessage')),
            ],
        ),
        migrations.CreateModel(
            name='InboundMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('dead_at', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.TextField(blank=True)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('file', models.CharField(help_text='Name in the storage', max_length=200)),
                ('size', models.PositiveIntegerField(verbose_name='bytes')),
                ('source', models.CharField(max_length=40, verbose_name='came by')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'In a ticket'), ('duplicate', 'Known already'), ('set_aside', 'Set aside'), ('dead', 'Could not be read')], default='waiting', max_length=10, verbose_name='state')),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='why')),
                ('sender', models.CharField(blank=True, max_length=254, verbose_name='from')),
                ('subject', models.CharField(blank=True, max_length=200, verbose_name='subject')),
                ('received_at', models.DateTimeField(verbose_name='came')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='mails', to='customers.ticketmessage')),
            ],
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(django.db.models.functions.text.Lower('email'), name='customer_email'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(django.db.models.functions.text.Lower('name'), models.F('id'), name='customer_name'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['phone_digits'], name='customer_phone'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['-created_at', '-id'], name='customer_created'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), ('status', 'merged'), _connector='OR'), name='customer_merged_pair'),
        ),
        migrations.AddConstraint(
            model_name='channelidentity',
            constraint=models.UniqueConstraint(fields=('channel', 'external_id'), name='one_identity'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True), ('replaced_at__isnull', True)), fields=('customer',), name='one_default_address'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['-given_at', '-id'], name='feedback_given'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(fields=['asked_at'], name='feedback_asked'),
        ),
        migrations.AddIndex(
            model_name='feedback',
            index=models.Index(condition=models.Q(('score__lte', 2), ('status', 'given')), fields=['given_at'], name='feedback_low'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('given_at', None), ('score', None), ('status', 'asked')), models.Q(models.Q(('status', 'asked'), _negated=True), ('given_at__isnull', False), ('score__gte', 1), ('score__lte', 5)), _connector='OR'), name='feedback_score_pair'),
        ),
        migrations.AddConstraint(
            model_name='feedback',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'told'), ('told_at__isnull', False)), models.Q(models.Q(('status', 'told'), _negated=True), ('told_at', None)), _connector='OR'), name='feedback_told_pair'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['person', 'due_on'], name='follow_up_mine'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(fields=['customer', '-id'], name='follow_up_customer'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='follow_up_says_what'),
        ),
        migrations.AddIndex(
            model_name='personalexport',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='export_due'),
        ),
        migrations.AddIndex(
            model_name='personalexport',
            index=models.Index(condition=models.Q(('state', 'done')), fields=['expires_at'], name='export_expires'),
        ),
        migrations.AddConstraint(
            model_name='personalexport',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('customer',), name='one_export_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='personalexport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(models.Q(('file', ''), _negated=True), ('expires_at__isnull', False)), _connector='OR'), name='export_done_pair'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at', 'id'], name='ticket_due'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['assignee', 'status'], name='ticket_assignee'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['about'], name='ticket_about'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['email'], name='ticket_email'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['-created_at', '-id'], name='ticket_created'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('status', 'solved')), fields=['solved_at'], name='ticket_solved'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', None), ('status', 'closed'), _connector='OR'), name='ticket_merged_is_closed'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_at__isnull', False), ('status__in', ('new', 'open'))), models.Q(models.Q(('status__in', ('new', 'open')), _negated=True), ('answer_due_at', None), ('due_at', None)), _connector='OR'), name='ticket_due_while_undone'),
        ),
        migrations.AddIndex(
            model_name='ticketmessage',
            index=models.Index(fields=['ticket', 'at', 'id'], name='ticket_message_order'),
        ),
        migrations.AddConstraint(
            model_name='ticketfile',
            constraint=models.UniqueConstraint(fields=('message', 'sha256', 'name'), name='ticket_file_once'),
        ),
        migrations.AddIndex(
            model_name='inboundmail',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='inbound_mail_due'),
        ),
        migrations.AddIndex(
            model_name='inboundmail',
            index=models.Index(fields=['state', '-received_at'], name='inbound_mail_state'),
        ),
    ]
